package sessions

import (
	"net/http"
	"strings"
	"time"
)

// This file reads and writes the session's cookie, in the text that Django
// writes (RFC 6265; attributes in the order of their names).

// cookieValue returns the value of the session's cookie and whether the request
// has one. Of several of the same name the last one counts that can be a key,
// or else the last: a subdomain or a stale path may add its own. Like Django's
// parser it takes quotes off and leaves nothing out.
func cookieValue(h http.Header, name string, plausible func(string) bool) (value string, present bool) {
	for _, line := range h["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			n, v, ok := strings.Cut(pair, "=")
			if !ok || trim(n) != name {
				continue
			}
			v = trim(v)
			if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
				v = v[1 : len(v)-1]
			}
			if !present || plausible(v) || !plausible(value) {
				value, present = v, true
			}
		}
	}
	return value, present
}

// trim takes off the white space of a header's values (RFC 9110, section 5.6.3).
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// set is the Set-Cookie that gives the visitor the key. Without a date the
// cookie ends with the browser.
func (c Cookie) set(key string, age time.Duration, expires time.Time) string {
	var b strings.Builder
	b.Grow(192)
	b.WriteString(c.Name)
	b.WriteByte('=')
	b.WriteString(key)
	c.attributes(&b, age, expires, !c.AllowScripts, !c.AllowHTTP)
	return b.String()
}

// delete is the Set-Cookie that takes the cookie away. Secure stands on it only
// where browsers would refuse it without.
func (c Cookie) delete() string {
	var b strings.Builder
	b.WriteString(c.Name)
	b.WriteString(`=""`)
	secure := hasPrefixFold(c.Name, "__Host-") || hasPrefixFold(c.Name, "__Secure-") ||
		c.SameSite == http.SameSiteNoneMode || c.Partitioned
	c.attributes(&b, 0, time.Unix(0, 0), false, secure)
	return b.String()
}

func (c Cookie) attributes(b *strings.Builder, age time.Duration, expires time.Time, httpOnly, secure bool) {
	attribute := func(show bool, texts ...string) {
		if show {
			b.WriteString("; ")
			for _, t := range texts {
				b.WriteString(t)
			}
		}
	}
	dated := !expires.IsZero()
	attribute(c.Domain != "", "Domain=", c.Domain)
	if dated {
		attribute(true, "expires=", expires.UTC().Format(http.TimeFormat))
	}
	attribute(httpOnly, "HttpOnly")
	if dated {
		attribute(true, "Max-Age=", maxAgeText(age))
	}
	attribute(c.Partitioned, "Partitioned")
	attribute(true, "Path=", c.Path)
	switch c.SameSite {
	case http.SameSiteLaxMode:
		attribute(true, "SameSite=Lax")
	case http.SameSiteStrictMode:
		attribute(true, "SameSite=Strict")
	case http.SameSiteNoneMode:
		attribute(true, "SameSite=None")
	}
	attribute(secure, "Secure")
}

// varyCookie tells caches that the response depends on the cookie. The list
// that is there keeps its order and case; one with a star becomes just that.
// Room is for the usual list.
func varyCookie(h http.Header, room *[1]string) {
	lines := h["Vary"]
	if len(lines) == 0 {
		room[0] = "Cookie"
		h["Vary"] = room[:]
		return
	}
	var fields []string
	for _, line := range lines {
		for f := range strings.SplitSeq(line, ",") {
			switch f = strings.TrimSpace(f); {
			case f == "":
			case f == "*":
				h["Vary"] = []string{"*"}
				return
			default:
				fields = append(fields, f)
			}
		}
	}
	for _, f := range fields {
		if strings.EqualFold(f, "Cookie") {
			return
		}
	}
	h["Vary"] = []string{strings.Join(append(fields, "Cookie"), ", ")}
}
