package sessions_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file replays how Django reads and writes a session's own expiry.

type expiryCase struct {
	Name          string
	Now           float64
	UseTZ         bool            `json:"USE_TZ"`
	CookieAge     float64         `json:"SESSION_COOKIE_AGE"`
	BrowserClose  bool            `json:"SESSION_EXPIRE_AT_BROWSER_CLOSE"`
	Stored        json.RawMessage `json:"stored_session_expiry"`
	StoredPresent bool            `json:"stored_present"`
	Modification  string
	Age           any `json:"get_expiry_age"`
	Date          any `json:"get_expiry_date"`
	AtClose       any `json:"get_expire_at_browser_close"`

	Argument string // of set_expiry
	Modified bool
}

// expiryDepartures are cases that Django answers otherwise.
var expiryDepartures = map[string]string{
	"value_''":                      "an empty text is no expiry in every respect; in Django the date raises",
	"str_9999-12-31T23:59:59+00:00": "an age is a time.Duration, so it ends after 146 years; the date is exact",
}

func (c *expiryCase) config() (sessions.Config, *time.Location) {
	cfg := sessions.Config{Lifetime: time.Duration(c.CookieAge) * time.Second, ExpireAtBrowserClose: c.BrowserClose}
	if c.UseTZ {
		return cfg, time.UTC
	}
	zone := time.FixedZone("", -5*60*60) // that of the cases
	cfg.NaiveLocation = zone
	return cfg, zone
}

func TestExpiryLikeDjango(t *testing.T) {
	var file struct{ Expiry []expiryCase }
	readVectors(t, "expiry.json", &file)
	for _, c := range file.Expiry {
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
}

func (c *expiryCase) run(t *testing.T) {
	cfg, zone := c.config()
	m, now := newWorld(t, cfg)
	now.Time = unix(c.Now)
	if c.Modification != "" {
		at, err := time.Parse(time.RFC3339Nano, c.Modification)
		if err != nil {
			t.Fatal(err)
		}
		now.Time = at
	}
	s := m.Open(t.Context(), "")
	if c.StoredPresent {
		s.Set("_session_expiry", c.Stored)
	}
	age := s.ExpiryAge()
	if _, raises := c.Age.(map[string]any); raises {
		if s.Err() == nil {
			t.Errorf("no error, and an age of %v", age)
		}
		return
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	if age.Seconds() != c.Age && expiryDepartures[c.Name] == "" {
		t.Errorf("age %v, want %v", age.Seconds(), c.Age)
	}
	if date, ok := c.Date.(string); ok {
		layout := time.RFC3339Nano
		if !strings.ContainsAny(date[10:], "+-") {
			layout = "2006-01-02T15:04:05.999999"
		}
		want, err := time.ParseInLocation(layout, date, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.ExpiryDate(); !got.Equal(want) {
			t.Errorf("date %v, want %v", got, want)
		}
	} else if expiryDepartures[c.Name] == "" {
		t.Errorf("Django raises, and this answers %v", s.ExpiryDate())
	}
	if got := s.ExpiresAtBrowserClose(); got != c.AtClose {
		t.Errorf("at browser close %v, want %v", got, c.AtClose)
	}
}

func TestSetExpiryLikeDjango(t *testing.T) {
	var file struct {
		SetExpiry []struct {
			Name          string
			UseTZ         bool `json:"USE_TZ"`
			Now           float64
			Stored        json.RawMessage
			StoredPresent bool `json:"stored_present"`
			Modified      bool
		} `json:"set_expiry"`
	}
	readVectors(t, "expiry.json", &file)
	for _, c := range file.SetExpiry {
		t.Run(c.Name, func(t *testing.T) {
			cfg := sessions.Config{}
			if !c.UseTZ {
				cfg.NaiveLocation = time.UTC
			}
			m, now := newWorld(t, cfg)
			now.Time = unix(c.Now)
			s := m.Open(t.Context(), "")
			if !setExpiry(s, c.Name) {
				return
			}
			v, ok := s.Lookup("_session_expiry")
			text, _ := json.Marshal(v)
			if ok != c.StoredPresent || ok && string(text) != string(c.Stored) {
				t.Errorf("stored %s (%t), want %s", text, ok, c.Stored)
			}
			if s.Modified() != c.Modified {
				t.Errorf("modified %t, want %t", s.Modified(), c.Modified)
			}
		})
	}
}

// setExpiry does what the case does; it reports false where Go's types leave no
// such case: a naive datetime with time zones on, and what is no expiry at all.
func setExpiry(s *sessions.Session, name string) bool {
	date := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	switch name {
	case "none":
		s.ResetExpiry()
	case "zero":
		s.ExpireAtBrowserClose()
	case "int":
		s.ExpireAfter(300 * time.Second)
	case "neg":
		s.ExpireAfter(-5 * time.Second)
	case "float":
		s.ExpireAfter(1500 * time.Millisecond)
	case "td_10s", "td_10s_no_tz":
		s.ExpireIn(10 * time.Second)
	case "td_frac":
		s.ExpireIn(1500 * time.Millisecond)
	case "td_neg":
		s.ExpireIn(-10 * time.Second)
	case "td_days":
		s.ExpireIn(30 * 24 * time.Hour)
	case "dt_utc":
		s.ExpireAt(date)
	case "dt_us":
		s.ExpireAt(date.Add(7 * time.Microsecond))
	case "dt_off":
		s.ExpireAt(time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 19800)))
	default:
		return false
	}
	return true
}

func TestExpiryLongAgoHasPassed(t *testing.T) {
	m, _ := newWorld(t, sessions.Config{})
	for _, at := range []time.Time{{}, time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s := m.Open(t.Context(), "")
		s.ExpireAt(at)
		if s.ExpiryAge() >= 0 || s.ExpiresAtBrowserClose() || s.ExpiryDate().Year() != at.Year() {
			t.Errorf("%v: age %v, date %v, with the browser: %t", at, s.ExpiryAge(), s.ExpiryDate(), s.ExpiresAtBrowserClose())
		}
	}
}
