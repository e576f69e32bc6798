package django

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// This file reads settings under Django's names from a map, such as a decoded
// TOML file, and from the environment.

// A setting is a name and the field that it sets.
type setting struct {
	name  string
	field func(*Settings) any
}

var known = []setting{
	{"SECRET_KEY", func(s *Settings) any { return &s.SecretKey }},
	{"SECRET_KEY_BASE64", func(s *Settings) any { return (*base64Secret)(&s.SecretKey) }},
	{"SECRET_KEY_FALLBACKS", func(s *Settings) any { return &s.SecretKeyFallbacks }},
	{"SESSION_ENGINE", func(s *Settings) any { return &s.Engine }},
	{"SESSION_CACHE_ALIAS", func(s *Settings) any { return &s.CacheAlias }},
	{"SESSION_FILE_PATH", func(s *Settings) any { return &s.FilePath }},
	{"SESSION_SERIALIZER", func(s *Settings) any { return &s.Serializer }},
	{"SESSION_SALT", func(s *Settings) any { return &s.Salt }},
	{"SESSION_COOKIE_NAME", func(s *Settings) any { return &s.CookieName }},
	{"SESSION_COOKIE_AGE", func(s *Settings) any { return &s.CookieAge }},
	{"SESSION_COOKIE_DOMAIN", func(s *Settings) any { return &s.CookieDomain }},
	{"SESSION_COOKIE_PATH", func(s *Settings) any { return &s.CookiePath }},
	{"SESSION_COOKIE_SECURE", func(s *Settings) any { return &s.CookieSecure }},
	{"SESSION_COOKIE_HTTPONLY", func(s *Settings) any { return &s.CookieHTTPOnly }},
	{"SESSION_COOKIE_SAMESITE", func(s *Settings) any { return &s.CookieSameSite }},
	{"SESSION_SAVE_EVERY_REQUEST", func(s *Settings) any { return &s.SaveEveryRequest }},
	{"SESSION_EXPIRE_AT_BROWSER_CLOSE", func(s *Settings) any { return &s.ExpireAtBrowserClose }},
	{"USE_TZ", func(s *Settings) any { return &s.UseTZ }},
	{"TIME_ZONE", func(s *Settings) any { return &s.TimeZone }},
	{"CSRF_USE_SESSIONS", func(s *Settings) any { return &s.CSRFUseSessions }},
	{"DATABASE_URL", func(s *Settings) any { return &s.DatabaseURL }},
	{"CACHE_URL", func(s *Settings) any { return &s.CacheURL }},
	{"CACHE_KEY_PREFIX", func(s *Settings) any { return &s.CacheKeyPrefix }},
	{"CACHE_VERSION", func(s *Settings) any { return &s.CacheVersion }},
}

// ReadMap sets what values names. Other names pass, since the map may be a whole
// settings file; but one that begins with SESSION_, or is a slip away from a
// setting, is an error. It reports everything it finds, as [*SettingError]s
// joined, and sets what is right all the same.
func (s *Settings) ReadMap(values map[string]any) error {
	var problems []error
	for _, k := range known {
		if v, ok := values[k.name]; ok {
			problems = append(problems, wrap(k.name, assign(k.field(s), v)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		problems = append(problems, unknown(name, known))
	}
	return errors.Join(append(problems, oneSecret(values))...)
}

// IsSetting reports whether there is a setting of that name.
func IsSetting(name string) bool {
	return slices.ContainsFunc(known, func(k setting) bool { return k.name == name })
}

// ReadEnviron sets what environ names, in the form of os.Environ. Booleans are
// true, false, yes, no, on, off, 1 or 0. Names of other programs pass; but one
// that begins with SESSION_ or is a slip away from a SESSION_ or SECRET_KEY
// setting is an error. Errors are as in ReadMap.
func (s *Settings) ReadEnviron(environ []string) error {
	values := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	var problems []error
	var ours []setting // those whose near misses can only be meant for us
	for _, k := range known {
		if text, ok := values[k.name]; ok {
			problems = append(problems, wrap(k.name, assignText(k.field(s), text)))
		}
		if strings.HasPrefix(k.name, "SESSION_") || strings.HasPrefix(k.name, "SECRET_KEY") {
			ours = append(ours, k)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name != "SESSION_MANAGER" && name != "SECRET_KEY_BASE" { // X11's, and Rails'
			problems = append(problems, unknown(name, ours))
		}
	}
	return errors.Join(append(problems, oneSecret(values))...)
}

func oneSecret[V any](values map[string]V) error {
	_, text := values["SECRET_KEY"]
	_, bytes := values["SECRET_KEY_BASE64"]
	if text && bytes {
		return &SettingError{"SECRET_KEY_BASE64", "SECRET_KEY is set as well; keep one of them"}
	}
	return nil
}

// wrap names the setting that a problem is about.
func wrap(name string, err error) error {
	var named *SettingError
	if err == nil || errors.As(err, &named) {
		return err
	}
	return &SettingError{name, err.Error()}
}
