package sessions

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Config holds all that is optional about a [Manager]. Its zero value is the
// safe and usual choice.
type Config struct {
	// Cookie is how the session's key travels.
	Cookie Cookie

	// Lifetime is how long a session lives after its last save, unless the
	// session says otherwise (see [Session.ExpireAfter]). It is also the
	// cookie's Max-Age. Default: two weeks, as in Django.
	Lifetime time.Duration

	// ExpireAtBrowserClose makes cookies that end with the browser, unless the
	// session says otherwise. The stored session still ends after Lifetime.
	ExpireAtBrowserClose bool

	// SaveEveryRequest extends the life of an existing session at every request,
	// also at those that only carry its cookie. It never creates a session.
	SaveEveryRequest bool

	// KeyGrace is how long a key that CycleKey replaced still reads as
	// "nobody's, but leave the cookie alone": a request that was on its way
	// with it must not delete the new cookie. Default: one minute. Stores that
	// can't hold a tombstone (Django's layouts) have no grace.
	KeyGrace time.Duration

	// CommitTimeout bounds one commit, which outlives the client's connection.
	// Default: 10 seconds.
	CommitTimeout time.Duration

	// OwnerKey names the value that says whose session it is, such as
	// _auth_user_id. Stores that can, find sessions by it. Default: none.
	OwnerKey string

	// NaiveLocation, if set, makes expiry dates in the session wall time in this
	// zone, without an offset, as Django does with USE_TZ = False. Default: nil,
	// dates carry their offset.
	NaiveLocation *time.Location

	// OnError answers a request whose session could not be loaded or saved; the
	// handler's own response is dropped. Default: [RespondError].
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	// Logger hears of failed saves, late changes and undecodable records; never
	// of keys or data. Default: slog.Default().
	Logger *slog.Logger

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Cookie holds the attributes of the session's cookie. Its zero value is
// sessionid on /, Secure, HttpOnly and SameSite=Lax.
type Cookie struct {
	// Name is the cookie's name. Default: sessionid, as in Django. With the
	// prefix __Host- or __Secure- the browser's rules for it are checked.
	Name string

	// Path is where the cookie is sent. Default: /.
	Path string

	// Domain also sends the cookie to the subdomains of this name, which then
	// can overwrite it. Default: none, the host alone.
	Domain string

	// AllowHTTP leaves Secure out: the cookie also travels unencrypted.
	AllowHTTP bool

	// AllowScripts leaves HttpOnly out: scripts in the page can read the cookie.
	AllowScripts bool

	// SameSite says whether other sites' requests carry the cookie. Default:
	// http.SameSiteLaxMode. http.SameSiteDefaultMode leaves the attribute out.
	SameSite http.SameSite

	// Partitioned keeps a cookie of an embedded site apart for each embedding
	// site (CHIPS). It needs Secure.
	Partitioned bool
}

func (c Config) withDefaults() Config {
	setDefault(&c.Cookie.Name, "sessionid")
	setDefault(&c.Cookie.Path, "/")
	setDefault(&c.Cookie.SameSite, http.SameSiteLaxMode)
	setDefault(&c.Lifetime, 14*24*time.Hour)
	setDefault(&c.KeyGrace, time.Minute)
	setDefault(&c.CommitTimeout, 10*time.Second)
	if c.OnError == nil {
		c.OnError = RespondError
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate reports what a browser would refuse, or what can't be meant.
func (c Config) validate() error {
	if c.Lifetime < 0 || c.KeyGrace < 0 || c.CommitTimeout < 0 {
		return errors.New("sessions: Lifetime, KeyGrace and CommitTimeout can't be negative")
	}
	return c.Cookie.validate()
}

func (c Cookie) validate() error {
	host := hasPrefixFold(c.Name, "__Host-")
	switch {
	case !isToken(c.Name):
		return fmt.Errorf("sessions: %q can't be a cookie's name; use letters, digits, - and _", c.Name)
	case !isAttribute(c.Path) || c.Path[0] != '/':
		return fmt.Errorf("sessions: the cookie's Path %q must begin with / and hold no semicolon or control character", c.Path)
	case c.SameSite < http.SameSiteDefaultMode || c.SameSite > http.SameSiteNoneMode:
		return fmt.Errorf("sessions: %d is no SameSite; use one of net/http's constants", c.SameSite)
	case !isDomain(c.Domain):
		return fmt.Errorf("sessions: the cookie's Domain %q holds a character that it can't", c.Domain)
	case (host || hasPrefixFold(c.Name, "__Secure-")) && c.AllowHTTP:
		return fmt.Errorf("sessions: browsers refuse the cookie %s without Secure; drop AllowHTTP or the prefix", c.Name)
	case host && (c.Domain != "" || c.Path != "/"):
		return fmt.Errorf("sessions: browsers refuse the cookie %s with a Domain or a Path other than /; drop them or the prefix", c.Name)
	case c.SameSite == http.SameSiteNoneMode && c.AllowHTTP:
		return errors.New("sessions: browsers refuse SameSite=None without Secure; drop AllowHTTP or choose another SameSite")
	case c.Partitioned && c.AllowHTTP:
		return errors.New("sessions: browsers refuse Partitioned without Secure; drop AllowHTTP or Partitioned")
	}
	return nil
}

// hasPrefixFold is strings.HasPrefix in the way browsers look at the prefixes of
// cookies' names, without regard to case (RFC 6265bis, section 4.1.3).
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// isDomain reports whether s can be a Domain: nothing, or a host's name, which may
// begin with a dot.
func isDomain(s string) bool {
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		if label == "" && s != "" || strings.Trim(strings.ToLower(label), keyAlphabet+"-_") != "" {
			return false
		}
	}
	return true
}

// isAttribute reports whether s can be the value of a cookie's attribute.
func isAttribute(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7F || c == ';' {
			return false
		}
	}
	return true
}
