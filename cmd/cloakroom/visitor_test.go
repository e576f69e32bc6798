package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// This file visits the servers of the scripts.

// visitor is a browser with its cookies. Sites on all ports of a host share them.
type visitor struct{ client *http.Client }

func visitorOf(ts *testscript.TestScript, name string) *visitor {
	w := worldOf(ts)
	if w.visitors[name] == nil {
		jar, err := cookiejar.New(nil)
		ts.Check(err)
		w.visitors[name] = &visitor{&http.Client{Jar: jar, Transport: &http.Transport{}}}
		ts.Defer(w.visitors[name].client.CloseIdleConnections)
	}
	return w.visitors[name]
}

func visit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: visit VISITOR URL [text]")
	}
	body, err := read(visitorOf(ts, args[0]).client.Get(args[1]))
	ts.Check(err)
	if len(args) == 3 && body != args[2] {
		ts.Fatalf("%s answers %q, want %q", args[1], body, args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs("page"), []byte(body), 0o600))
}

func submit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: submit VISITOR URL [name=value...]")
	}
	v := visitorOf(ts, args[0])
	token, err := v.token(args[1])
	ts.Check(err)
	form := url.Values{"csrfmiddlewaretoken": {token}}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		form.Set(name, value)
	}
	body, err := read(v.client.PostForm(args[1], form))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("page"), []byte(body), 0o600))
}

func overlap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: overlap VISITOR COUNT URL...")
	}
	v, sites := visitorOf(ts, args[0]), args[2:]
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	token, err := v.token(sites[0])
	ts.Check(err)
	failures := make([]error, count)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range count {
		all.Go(func() {
			form := url.Values{"csrfmiddlewaretoken": {token}, "key": {fmt.Sprint("k", i)}, "value": {fmt.Sprint("v", i)}}
			<-start
			_, failures[i] = read(v.client.PostForm(sites[i%len(sites)]+"/session/set", form))
		})
	}
	close(start)
	all.Wait()
	for _, err := range failures {
		ts.Check(err)
	}
}

var tokenInput = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]*)"`)

// token is that of the page at the root of a site.
func (v *visitor) token(site string) (string, error) {
	at, err := url.Parse(site)
	if err != nil {
		return "", err
	}
	body, err := read(v.client.Get(at.ResolveReference(&url.URL{Path: "/"}).String()))
	if err != nil {
		return "", err
	}
	found := tokenInput.FindStringSubmatch(body)
	if found == nil {
		return "", fmt.Errorf("the page has no token")
	}
	return html.UnescapeString(found[1]), nil
}

// read reads a response, which must be a success.
func read(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", response.Request.URL.Path, response.Status, body)
	}
	return string(body), err
}
