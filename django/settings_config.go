package django

import (
	"cmp"
	"os"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file turns Django's settings into ours.

// Config answers the settings as a Manager takes them. The sessions' owner is
// Django's user. The error is that of [Settings.Validate].
func (s Settings) Config() (sessions.Config, error) {
	if err := s.Validate(); err != nil {
		return sessions.Config{}, err
	}
	naive, err := s.NaiveLocation()
	return sessions.Config{
		Cookie: sessions.Cookie{
			Name:         s.CookieName,
			Path:         s.CookiePath,
			Domain:       s.CookieDomain,
			AllowHTTP:    !s.CookieSecure,
			AllowScripts: !s.CookieHTTPOnly,
			SameSite:     s.CookieSameSite,
		},
		Lifetime:             max(s.CookieAge, 1), // zero is not the default: it ends at once
		ExpireAtBrowserClose: s.ExpireAtBrowserClose,
		SaveEveryRequest:     s.SaveEveryRequest,
		OwnerKey:             AuthUserIDKey,
		NaiveLocation:        naive,
	}, err
}

// Codec answers what writes and reads the sessions of the db, file and cached_db
// engines. A now other than nil is the clock for signatures. The error is
// [ErrNoSecret].
func (s Settings) Codec(now func() time.Time) (*Codec, error) {
	return NewCodec(s.SecretKey, s.codecConfig(now))
}

// CookieCodec answers what writes and reads the cookies of the signed_cookies
// engine. The error is [ErrNoSecret].
func (s Settings) CookieCodec() (*CookieCodec, error) {
	return NewCookieCodec(s.SecretKey, s.CookieAge, s.codecConfig(nil))
}

// Directory answers where the file engine keeps its sessions: SESSION_FILE_PATH,
// or the system's directory for temporary files.
func (s Settings) Directory() string { return cmp.Or(s.FilePath, os.TempDir()) }

func (s Settings) codecConfig(now func() time.Time) CodecConfig {
	return CodecConfig{Salt: s.Salt, Fallbacks: s.SecretKeyFallbacks, Now: now}
}

// FileFormat answers the layout of the file engine, with the clock of
// [Settings.Codec]. The error is [ErrNoSecret] or about TIME_ZONE.
func (s Settings) FileFormat(now func() time.Time) (*FileFormat, error) {
	codec, err := s.Codec(now)
	if err != nil {
		return nil, err
	}
	naive, err := s.NaiveLocation()
	return NewFileFormat(codec, s.CookieAge, naive), err
}
