package site

import (
	"fmt"
	"io"
	"net/http"

	"github.com/cloakroom-go/sessions"
)

// This file is the smallest use of a session: one page puts two values in, and
// another, in a later request of the same visitor, reads them.

const (
	visitorName  sessions.Key[string] = "sname"
	visitorEmail sessions.Key[string] = "semail"
)

func setVisitor(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	visitorName.Set(s, "irfan")
	visitorEmail.Set(s, "irfan.sssit@gmail.com")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "session is set")
}

func showVisitor(w http.ResponseWriter, r *http.Request) {
	s := sessions.From(r)
	name, hasName := visitorName.Get(s)
	email, hasEmail := visitorEmail.Get(s)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !hasName || !hasEmail {
		io.WriteString(w, "nothing is set in your session; visit /ssession first")
		return
	}
	fmt.Fprintf(w, "%s %s", name, email)
}
