package site_test

import (
	"net/url"
	"strings"
	"testing"
)

// This file sends forms that the site's own pages did not make.

func TestForgedForms(t *testing.T) {
	w := newWorld(t)
	for name, forge := range map[string]func(v *visitor) answer{
		"no cookie, no token": func(v *visitor) answer {
			return v.do("POST", "/session/set", url.Values{"key": {"a"}})
		},
		"no cookie": func(v *visitor) answer {
			return w.visitor().do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {v.token()}})
		},
		"no token": func(v *visitor) answer {
			v.get("/")
			return v.do("POST", "/session/set", url.Values{"key": {"a"}})
		},
		"token in the query": func(v *visitor) answer {
			return v.do("POST", "/session/set?csrfmiddlewaretoken="+v.token(), url.Values{"key": {"a"}})
		},
		"another visitor's token": func(v *visitor) answer {
			v.get("/")
			return v.do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {w.visitor().token()}})
		},
		"a changed token": func(v *visitor) answer {
			token := v.token()
			changed := token[1:] + token[:1] // of its letters, in another order
			return v.do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {changed}})
		},
		"from another site": func(v *visitor) answer {
			return v.do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {v.token()}},
				"Sec-Fetch-Site", "cross-site")
		},
		"from another origin": func(v *visitor) answer {
			return v.do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {v.token()}},
				"Origin", "http://localhost:1")
		},
	} {
		forge(w.visitor()).want(t, 403, "The request was refused", "Nothing was changed.")
		if n := w.count(); n != 0 {
			t.Fatalf("%s: something was stored", name)
		}
	}
}

// The token is masked anew for each page, belongs to one cookie that stays, and
// may be sent unmasked.
func TestTokens(t *testing.T) {
	v := newWorld(t).visitor()
	first, cookie := v.token(), v.cookie("csrftoken")
	second := v.token()
	if first == second || len(first) != 64 || len(cookie) != 32 || v.cookie("csrftoken") != cookie {
		t.Errorf("tokens %q and %q, cookies %q and %q", first, second, cookie, v.cookie("csrftoken"))
	}
	for _, token := range []string{first, second, cookie} {
		v.do("POST", "/session/set", url.Values{"key": {"a"}, "csrfmiddlewaretoken": {token}}, "Sec-Fetch-Site", "same-origin").want(t, 303)
	}
}

// A cookie that cannot be ours is replaced.
func TestGarbageTokenCookie(t *testing.T) {
	v := newWorld(t).visitor()
	for _, garbage := range []string{"x", strings.Repeat("-", 32), strings.Repeat("a", 33)} {
		got := v.do("GET", "/", nil, "Cookie", "csrftoken="+garbage)
		if set := got.Header.Get("Set-Cookie"); !strings.HasPrefix(set, "csrftoken=") || !strings.Contains(set, "HttpOnly; SameSite=Lax") {
			t.Errorf("a cookie of %q is answered with %q", garbage, set)
		}
	}
}
