package sessions

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// This file reads dates in every form that Python's datetime.fromisoformat
// takes (3.11 and later), for sessions that Django wrote. Errors never repeat
// what was read.

// parseISO returns the instant, and whether it was without an offset and so
// taken as wall time in zone (UTC if nil).
func parseISO(text string, zone *time.Location) (t time.Time, naive bool, err error) {
	year, month, day, rest, ok := isoDate(text)
	// Any one character parts date and time.
	_, separator := utf8.DecodeRuneInString(rest)
	clock, offset := rest[separator:], ""
	if i := strings.IndexAny(clock, "+-Z"); i >= 0 {
		clock, offset = clock[:i], clock[i:]
	}
	var since time.Duration
	if ok && separator > 0 {
		since, ok = isoClock(clock)
	}
	if offset != "" && ok {
		zone, ok = isoOffset(offset)
	}
	if !ok || since >= 24*time.Hour {
		return time.Time{}, false, fmt.Errorf("%w in ISO 8601", errExpiry)
	}
	if zone == nil {
		zone = time.UTC
	}
	// Through the calendar, not by adding: a day may have 23 hours.
	h, m, s := int(since/time.Hour), int(since/time.Minute)%60, int(since/time.Second)%60
	return time.Date(year, month, day, h, m, s, int(since%time.Second), zone), offset == "", nil
}

// isoOffset reads Z, or a sign and a time. What is below a second is dropped.
func isoOffset(s string) (*time.Location, bool) {
	if s == "Z" {
		return time.UTC, true
	}
	east, ok := isoClock(s[1:])
	if s[0] == '-' {
		east = -east
	}
	return time.FixedZone("", int(east/time.Second)), ok && s[0] != 'Z' && east.Abs() < 24*time.Hour
}

// isoDate reads YYYY-MM-DD, YYYYMMDD, YYYY-Www[-D] or YYYYWww[D] and returns
// what follows it.
func isoDate(s string) (year int, month time.Month, day int, rest string, ok bool) {
	if year, s, ok = digits(s, 4); !ok || year == 0 {
		return
	}
	dashed := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if strings.HasPrefix(s, "W") {
		return isoWeek(year, s[1:], dashed)
	}
	m, s, ok := digits(s, 2)
	if dashed && ok {
		s, ok = strings.CutPrefix(s, "-")
	}
	if !ok {
		return
	}
	if day, rest, ok = digits(s, 2); !ok {
		return
	}
	// time.Date would take the 31st of February for the 3rd of March.
	t := time.Date(year, time.Month(m), day, 0, 0, 0, 0, time.UTC)
	return year, time.Month(m), day, rest, t.Month() == time.Month(m) && t.Day() == day
}

func isoWeek(year int, s string, dashed bool) (int, time.Month, int, string, bool) {
	week, s, ok := digits(s, 2)
	weekday := 1
	if after, cut := strings.CutPrefix(s, "-"); ok && cut == dashed && after != "" && '1' <= after[0] && after[0] <= '7' {
		weekday, s = int(after[0]-'0'), after[1:]
	}
	// The week that holds the 4th of January is the first.
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7)
	t := monday.AddDate(0, 0, 7*(week-1)+weekday-1)
	isoYear, isoWeek := t.ISOWeek()
	return t.Year(), t.Month(), t.Day(), s, ok && isoYear == year && isoWeek == week
}

// isoClock reads HH[:MM[:SS[.f…]]] or the same without colons. Digits beyond
// the microsecond are dropped.
func isoClock(s string) (time.Duration, bool) {
	hours, s, ok := digits(s, 2)
	d := time.Duration(hours) * time.Hour
	colons := strings.HasPrefix(s, ":")
	for _, unit := range []time.Duration{time.Minute, time.Second} {
		if !ok || s == "" {
			return d, ok
		}
		after, cut := strings.CutPrefix(s, ":")
		if cut != colons {
			return 0, false
		}
		var n int
		if n, s, ok = digits(after, 2); n > 59 {
			return 0, false
		}
		d += time.Duration(n) * unit
	}
	if !ok || s == "" {
		return d, ok
	}
	if s[0] != '.' && s[0] != ',' || len(s) == 1 {
		return 0, false
	}
	micros := (s[1:] + "000000")[:6]
	n, _, ok := digits(micros, 6)
	_, extra, extraOK := digits(s[1:], len(s)-1)
	return d + time.Duration(n)*time.Microsecond, ok && extraOK && extra == ""
}

// digits reads a number of exactly n digits; of a long one the value is not
// meaningful.
func digits(s string, n int) (value int, rest string, ok bool) {
	if len(s) < n {
		return 0, s, false
	}
	for _, c := range []byte(s[:n]) {
		if c < '0' || c > '9' {
			return 0, s, false
		}
		value = value*10 + int(c-'0')
	}
	return value, s[n:], true
}
