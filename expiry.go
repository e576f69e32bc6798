package sessions

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// This file is when a session ends. The choice is kept in the session itself,
// under Django's key and in its forms: a number of seconds that starts anew at
// each save, an instant as ISO 8601, or 0 for the end of the browser's own
// session (django.contrib.sessions.backends.base, set_expiry).

const expiryKey = "_session_expiry"

// expiry is a session's own choice of when to end. The zero value is none.
type expiry struct {
	set   bool      // any choice at all, be it zero
	age   float64   // seconds after each save, unless zero
	at    time.Time // an instant, unless zero
	naive bool      // at was written without an offset
}

var errExpiry = errors.New("sessions: " + expiryKey + " holds no expiry")

// parseExpiry reads what the session holds under expiryKey; naive instants are
// wall time in zone, or UTC without one.
func parseExpiry(values *object, zone *time.Location) (expiry, error) {
	text, ok := values.get(expiryKey)
	if !ok {
		return expiry{}, nil
	}
	v, err := decodeAny(text)
	if err != nil {
		return expiry{}, errExpiry
	}
	switch v := v.(type) {
	case nil:
		return expiry{}, nil
	case bool:
		return expiry{set: true, age: map[bool]float64{true: 1}[v]}, nil
	case int64:
		return expiry{set: true, age: float64(v)}, nil
	case float64:
		return expiry{set: true, age: v}, nil
	case string:
		if v == "" {
			return expiry{}, nil
		}
		at, naive, err := parseISO(v, zone)
		if at.IsZero() && err == nil {
			at = at.Add(time.Microsecond) // year 1 is long ago, and not no instant
		}
		return expiry{set: err == nil, at: at, naive: naive}, err
	}
	return expiry{}, errExpiry
}

// maxAge bounds ages, which a visitor's data may state at will, to what
// time.Duration holds.
const maxAge = math.MaxInt64 / int64(time.Second) / 2

// ageAt is how long the session lives from now on, when saved now.
func (e expiry) ageAt(now time.Time, lifetime time.Duration) time.Duration {
	switch {
	case !e.at.IsZero():
		if far := e.at.Unix() - now.Unix(); far > maxAge || far < -maxAge {
			return seconds(float64(far))
		}
		// Down to whole seconds, as Python's timedelta does.
		age := e.at.Sub(now)
		return age - (age%time.Second+time.Second)%time.Second
	case e.age != 0 && !math.IsNaN(e.age):
		return seconds(e.age)
	}
	return lifetime
}

// dateAt is when the session ends, when saved now.
func (e expiry) dateAt(now time.Time, lifetime time.Duration) time.Time {
	if !e.at.IsZero() {
		return e.at
	}
	return now.Add(e.ageAt(now, lifetime))
}

func (e expiry) atBrowserClose(usual bool) bool {
	if !e.set {
		return usual
	}
	return e.at.IsZero() && e.age == 0
}

func seconds(s float64) time.Duration {
	s = max(min(s, float64(maxAge)), -float64(maxAge))
	whole, fraction := math.Modf(s)
	return time.Duration(whole)*time.Second + time.Duration(math.Round(fraction*1e6))*time.Microsecond
}

// expiry reads the session's choice. One that can't be read counts as none. An
// instant without an offset where the others have one, or the other way about,
// is what it says, and an error to whoever asks.
func (s *Session) expiry() expiry {
	s.open()
	e, err := parseExpiry(s.values, s.m.cfg.NaiveLocation)
	if err == nil && !e.at.IsZero() && e.naive != (s.m.cfg.NaiveLocation != nil) {
		err = fmt.Errorf("%w: with and without an offset don't go together; see Config.NaiveLocation", errExpiry)
	}
	if err != nil && s.softErr == nil {
		s.softErr = err
	}
	return e
}

// ExpireAfter ends the session when it has not been saved for that long, to
// the microsecond; Config.Lifetime does so by default. Zero is
// [Session.ExpireAtBrowserClose]. (Django: set_expiry(seconds))
func (s *Session) ExpireAfter(age time.Duration) {
	if age%time.Second == 0 {
		s.Set(expiryKey, int64(age/time.Second))
	} else {
		s.Set(expiryKey, age.Round(time.Microsecond).Seconds())
	}
}

// ExpireIn ends the session at the instant that is so far from now, however
// often it is saved until then. (Django: set_expiry(timedelta))
func (s *Session) ExpireIn(d time.Duration) {
	s.ExpireAt(s.m.now().UTC().Add(d))
}

// ExpireAt ends the session at an instant, to the microsecond. The offset of
// its time zone is kept, for Django reads it. (Django: set_expiry(datetime))
func (s *Session) ExpireAt(t time.Time) {
	s.Set(expiryKey, formatISO(t, s.m.cfg.NaiveLocation))
}

// ExpireAtBrowserClose gives the visitor a cookie that ends with the browser;
// the stored session ends after Config.Lifetime. (Django: set_expiry(0))
func (s *Session) ExpireAtBrowserClose() { s.Set(expiryKey, int64(0)) }

// ResetExpiry goes back to what the Config says. (Django: set_expiry(None))
func (s *Session) ResetExpiry() { s.Delete(expiryKey) }

// ExpiryAge is how long the session lives if it is saved now: down to whole
// seconds if it ends at an instant, negative if that has passed.
// (Django: get_expiry_age())
func (s *Session) ExpiryAge() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expiry().ageAt(s.m.now(), s.m.cfg.Lifetime)
}

// ExpiryDate is when the session ends if it is saved now.
// (Django: get_expiry_date())
func (s *Session) ExpiryDate() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expiry().dateAt(s.m.now(), s.m.cfg.Lifetime)
}

// ExpiresAtBrowserClose reports whether the visitor's cookie ends with the
// browser. (Django: get_expire_at_browser_close())
func (s *Session) ExpiresAtBrowserClose() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expiry().atBrowserClose(s.m.cfg.ExpireAtBrowserClose)
}

// formatISO writes an instant as Python's isoformat does: microseconds with six
// digits or not at all, and the offset with a colon, never Z. With a zone, it is
// that zone's wall time without an offset.
func formatISO(t time.Time, zone *time.Location) string {
	layout := "2006-01-02T15:04:05"
	if t = t.Truncate(time.Microsecond); t.Nanosecond() != 0 {
		layout += ".000000"
	}
	if zone != nil {
		return t.In(zone).Format(layout)
	}
	layout += "-07:00"
	if _, offset := t.Zone(); offset%60 != 0 {
		layout += ":00"
	}
	return t.Format(layout)
}

// maxAgeText is the cookie's Max-Age: whole seconds towards zero.
func maxAgeText(age time.Duration) string {
	return strconv.FormatInt(int64(age/time.Second), 10)
}

// StoredExpiry is when the session that is stored ends by itself: what the last
// save said, which was before this request unless it has saved. It is zero for a
// session that is not stored, and where the store cannot tell.
func (s *Session) StoredExpiry() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open()
	return s.base.Expires
}
