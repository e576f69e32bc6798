package django

import (
	"encoding/base64"
	"errors"
	"strings"
)

// This file reads base64 as leniently as Python's urlsafe_b64decode.

var errBase64 = errors.New("invalid base64")

// decodeBase64 answers what text stands for: Django adds the padding that its
// length asks for, and Python takes both alphabets, skips every other
// character and stops at the padding.
func decodeBase64(text string) ([]byte, error) {
	if !strings.ContainsAny(text, "\r\n") { // which Go would skip uncounted
		if data, err := base64.RawURLEncoding.DecodeString(text); err == nil {
			return data, nil
		}
	}
	data := make([]byte, 0, base64.RawStdEncoding.DecodedLen(len(text)))
	var bits uint32
	quad, pads := 0, 0 // characters and paddings since the last whole group
	for i := range len(text) + padding(text) {
		if i >= len(text) || text[i] == '=' {
			if quad < 2 {
				continue
			}
			if pads++; quad+pads == 4 {
				return data, nil
			}
			continue
		}
		d := base64Digit(text[i])
		if d < 0 {
			continue
		}
		pads = 0
		bits = bits<<6 | uint32(d)
		if quad = (quad + 1) % 4; quad != 1 {
			data = append(data, byte(bits>>(2*((4-quad)%4))))
		}
	}
	if quad != 0 {
		return nil, errBase64
	}
	return data, nil
}

// padding is how many "=" would make the length of text a multiple of four.
func padding(text string) int { return -len(text) & 3 }

func base64Digit(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	}
	return -1
}
