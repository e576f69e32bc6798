package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// This file runs the scripts in testdata/script, in which cloakroom is the
// command itself, in processes of its own. To what testscript knows they add
//
//	serve NAME [arg...]              runs cloakroom runserver on a free port until
//	                                 the script ends; its address is $NAME, its
//	                                 port $NAME_port
//	halt NAME [signal]               ends it by a signal (INT, TERM), and fails
//	                                 unless it exits with 0; what it has printed is
//	                                 in the files NAME.out and NAME.err
//	visit VISITOR URL [text]         gets a page with the visitor's cookies, puts it
//	                                 into the file page, and fails unless it is
//	                                 exactly the text
//	submit VISITOR URL [name=value]  sends a form of the site at that URL
//	overlap VISITOR COUNT URL...     sets so many demo keys at the same time, by
//	                                 turns at each of the sites

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cloakroom": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = &world{servers: map[string]*server{}, visitors: map[string]*visitor{}}
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":   serve,
			"halt":    halt,
			"visit":   visit,
			"submit":  submit,
			"overlap": overlap,
		},
	})
}
