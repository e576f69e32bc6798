package site

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
)

// This file makes sure that a form was sent from a page of this site: a secret
// in a cookie must match the one in the form, as by default in Django. The server
// keeps nothing, so that looking at a form begins no session. Whoever can
// plant a cookie, from a subdomain or another port, is met by the check of the
// request's origin; see New.

const (
	tokenCookie = "csrftoken"
	tokenField  = "csrfmiddlewaretoken"
)

// The secret is 32 characters, 190 bits. In a page it stands masked, anew each
// time, so that compression cannot betray it (django.middleware.csrf,
// _mask_cipher_secret).
const (
	secretAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	secretLength   = 32
)

// formToken returns the token for the forms of this response, and gives the
// visitor the cookie that goes with it unless there is one already.
func formToken(w http.ResponseWriter, r *http.Request) string {
	secret := cookieSecret(r)
	if secret == "" {
		secret = newSecret()
		http.SetCookie(w, &http.Cookie{
			Name: tokenCookie, Value: secret, Path: "/", MaxAge: 364 * 24 * 60 * 60,
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	return mask(secret, newSecret())
}

// withToken calls next with the request's form if its token is right. It is no
// answer to a form that is malformed or too large either.
func withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			renderError(w, http.StatusBadRequest, "The form cannot be read", "It is malformed or too large. Nothing was changed.")
			return
		}
		secret, token := cookieSecret(r), r.PostForm.Get(tokenField)
		switch {
		case secret == "":
			refuse("Your browser did not send the csrftoken cookie that belongs to the form; allow cookies here, then load the page again.")(w, r)
		case token == "":
			refuse("The form's token is missing; load the page again.")(w, r)
		case subtle.ConstantTimeCompare([]byte(unmask(token)), []byte(secret)) != 1:
			refuse("The form's token is wrong; load the page again.")(w, r)
		default:
			next(w, r)
		}
	}
}

// refuse answers a request that this site's pages did not send.
func refuse(why string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		renderError(w, http.StatusForbidden, "The request was refused", why+" Nothing was changed.")
	}
}

// cookieSecret is the secret that the visitor's browser sent, or empty.
func cookieSecret(r *http.Request) string {
	c, err := r.Cookie(tokenCookie)
	if err != nil || len(c.Value) != secretLength || !isSecret(c.Value) {
		return ""
	}
	return c.Value
}

func isSecret(s string) bool {
	return strings.Trim(s, secretAlphabet) == ""
}

func newSecret() string {
	var secret, random [secretLength]byte
	for n := 0; n < secretLength; {
		rand.Read(random[:])
		for _, b := range random {
			// 248 is the largest multiple of 62 in a byte; what lies above would
			// make the first letters likelier.
			if b < 248 && n < secretLength {
				secret[n] = secretAlphabet[b%62]
				n++
			}
		}
	}
	return string(secret[:])
}

// mask hides secret behind a one-time pad, which goes before it.
func mask(secret, pad string) string {
	return pad + combine(secret, pad, 1)
}

// unmask is the reverse of mask. A token that is too short or too long, or holds
// anything else, unmasks to nothing. An unmasked secret is a token, too.
func unmask(token string) string {
	switch {
	case !isSecret(token):
		return ""
	case len(token) == secretLength:
		return token
	case len(token) != 2*secretLength:
		return ""
	}
	return combine(token[secretLength:], token[:secretLength], -1)
}

// combine adds the letters of b, times sign, to those of a.
func combine(a, b string, sign int) string {
	const size = len(secretAlphabet)
	sum := make([]byte, len(a))
	for i := range sum {
		x := strings.IndexByte(secretAlphabet, a[i]) + sign*strings.IndexByte(secretAlphabet, b[i])
		sum[i] = secretAlphabet[(x+size)%size]
	}
	return string(sum)
}
