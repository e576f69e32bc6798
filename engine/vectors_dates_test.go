package engine_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
)

// This file checks the dates that stand in cookies.

func TestDatesInCookies(t *testing.T) {
	cases := readVectors[struct {
		Dates [][2]any `json:"http_date"`
	}](t, "../../testdata/django/expiry").Dates
	if len(cases) < 10 {
		t.Errorf("only %d cases", len(cases))
	}
	var now time.Time
	s := settings(t, django.EngineSignedCookies)
	site := open(t, s, func(cfg *sessions.Config) { cfg.Now = func() time.Time { return now } })
	for _, c := range cases {
		t.Run(c[1].(string), func(t *testing.T) {
			// As Python has it: the float, to the microsecond.
			now = time.UnixMicro(int64(math.RoundToEven(c[0].(float64) * 1e6))).Add(-s.CookieAge)
			w := httptest.NewRecorder()
			site.Manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				sessions.From(r).Set("a", 1)
			})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			cookies := w.Result().Cookies()
			if len(cookies) != 1 || cookies[0].RawExpires != c[1] {
				t.Errorf("cookies %v", cookies)
			}
		})
	}
}
