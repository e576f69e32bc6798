module github.com/cloakroom-go/sessions/benchmarks

go 1.26.0

replace github.com/cloakroom-go/sessions => ../

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/cloakroom-go/sessions v0.0.0-00010101000000-000000000000
	github.com/gorilla/sessions v1.4.0
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
)

tool golang.org/x/perf/cmd/benchstat
