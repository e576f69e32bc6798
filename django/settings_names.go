package django

import (
	"math"
	"strings"
)

// This file finds settings that are misspelt, which Django itself would ignore.

// unknown answers an error if name is none of Django's settings, but was
// probably meant to be one of candidates.
func unknown(name string, candidates []setting) error {
	like := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	nearest, distance := "", math.MaxInt
	for _, k := range known {
		if k.name == name {
			return nil
		}
	}
	for _, k := range candidates {
		if d := editDistance(like, k.name); d < distance {
			nearest, distance = k.name, d
		}
	}
	slip := 2
	if len(name) < 10 {
		slip = 1 // USE_TLS is no slip for USE_TZ
	}
	session := strings.HasPrefix(like, "SESSION_")
	switch {
	case distance <= slip, session && distance <= len(name)/3:
		return &SettingError{name, "there is no such setting; did you mean " + nearest + "?"}
	case session:
		return &SettingError{name, "there is no such setting; remove it, or see the documentation of Settings for those there are"}
	}
	return nil
}

// editDistance is how many bytes must be put in, taken out or changed to make
// one text of the other.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
