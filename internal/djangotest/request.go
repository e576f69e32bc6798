package djangotest

import (
	"net/http"
	"strings"
	"testing"
)

// This file sends requests to a site, in one go or in two.

// Op is one operation of the view: its name, which is that of a method of
// Operations in site.py, and its arguments. The operation pause has the request
// wait for [Pending.Finish].
type Op []any

// Request is a request to the site's only view.
type Request struct {
	Method     string      // default: GET
	Header     http.Header // one value of each
	Operations []Op
}

// Response is what the site answered.
type Response struct {
	Status int
	Header http.Header

	// Answers are what the operations answered, one for each that was done, as
	// Python's compact JSON.
	Answers []string

	// Raised is the name of the last exception that Django logged, if any, and
	// Log is all that it logged of the request, tracebacks included.
	Raised string
	Log    string
}

// Cookies are the cookies that the response sets.
func (r Response) Cookies() []*http.Cookie {
	return (&http.Response{Header: r.Header}).Cookies()
}

// Do sends a request, and lets it end. See [Pending.Finish].
func (s *Site) Do(tb testing.TB, r Request) Response {
	tb.Helper()
	return s.Begin(tb, r).Finish(tb)
}

// Pending is a request that has begun.
type Pending struct {
	site   *Site
	number int
}

// Begin sends a request, and returns once it pauses or has ended. The test's own
// requests, and others to the same site, may come in between.
func (s *Site) Begin(tb testing.TB, r Request) *Pending {
	tb.Helper()
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	headers := map[string]string{}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	operations := r.Operations
	if operations == nil {
		operations = []Op{}
	}
	p := &Pending{site: s}
	s.ask(tb, &p.number, "begin", map[string]any{"method": r.Method, "headers": headers, "operations": operations})
	return p
}

// Finish lets the request end, and answers its response. The test fails if its
// status is 500 or above, which is that of an exception that nobody foresaw.
func (p *Pending) Finish(tb testing.TB) Response {
	tb.Helper()
	var reply struct {
		Response
		Headers [][2]string
	}
	p.site.ask(tb, &reply, "finish", p.number)
	response := reply.Response
	response.Header = http.Header{}
	for _, h := range reply.Headers {
		response.Header.Add(h[0], strings.TrimSpace(h[1])) // as a client does
	}
	if response.Status >= 500 || response.Status == 0 {
		tb.Fatalf("Django answered %d:\n%s", response.Status, response.Log)
	}
	return response
}
