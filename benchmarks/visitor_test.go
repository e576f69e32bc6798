package benchmarks

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// This file is the other side of the handlers: a browser that costs next to
// nothing, so that what is measured is the library.

// visitor sends the same request again and again. Request and response are
// reused: each visit copies the request's struct (a middleware may change it),
// empties the response's header, and allocates nothing.
type visitor struct {
	template, request http.Request
	response          response
}

// newVisitor returns a visitor without a cookie.
func newVisitor() *visitor {
	v := &visitor{response: response{header: http.Header{}}}
	v.template = *httptest.NewRequest(http.MethodGet, "/", nil)
	return v
}

// signedIn returns a visitor who has let c begin a session and kept its cookie.
func signedIn(tb testing.TB, c contestant) *visitor {
	v := newVisitor()
	v.visit(tb, c.create())
	v.keepCookies()
	return v
}

// keepCookies takes over the cookie that the last response has set, if any.
func (v *visitor) keepCookies() {
	for _, line := range v.response.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		must(err)
		v.template.Header.Set("Cookie", cookie.Name+"="+cookie.Value)
	}
}

// again returns another connection of the same browser.
func (v *visitor) again() *visitor {
	return &visitor{template: v.template, response: response{header: http.Header{}}}
}

// visit sends the request once. Any status but 200 fails tb.
func (v *visitor) visit(tb testing.TB, h http.Handler) {
	v.request = v.template
	clear(v.response.header)
	v.response.status = http.StatusOK
	h.ServeHTTP(&v.response, &v.request)
	if v.response.status != http.StatusOK {
		tb.Errorf("the response has the status %d", v.response.status)
	}
}

// response is a ResponseWriter that keeps the header and the status.
type response struct {
	header http.Header
	status int
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(b []byte) (int, error) { return len(b), nil }
