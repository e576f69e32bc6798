package django

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file is SessionBase.encode and decode, which are signing.dumps and loads
// with compression: JSON, deflated if that makes it shorter, in base64, with
// the time and a signature.

// SessionSalt is the salt of Django's db, file and cached_db engines. A project
// that subclasses one under another name has another: django.contrib.sessions.
// and the class's qualified name.
const SessionSalt = "django.contrib.sessions.SessionStore"

// DefaultMaxSize is 16 MiB: how much JSON a session may have.
const DefaultMaxSize = 16 << 20

// ErrTooLarge: a session's JSON is longer than CodecConfig.MaxSize.
var ErrTooLarge = errors.New("django: the session is larger than MaxSize allows")

// CodecConfig holds what is optional about a [Codec] and a [CookieCodec].
type CodecConfig struct {
	// Salt keeps signatures for one use from being valid for another.
	// Default: that of Django's engine, [SessionSalt] or [CookieSalt].
	Salt string

	// Fallbacks are SECRET_KEY_FALLBACKS: they verify, but do not sign.
	Fallbacks []Secret

	// MaxSize is how many bytes of JSON are written or read at most, so that no
	// deflated text fills the memory. Default: [DefaultMaxSize].
	MaxSize int

	// Now is the clock for the time in a signature. Default: time.Now.
	Now func() time.Time
}

// A Codec writes and reads the session text of Django's db, file and cached_db
// engines. It may be used by many goroutines at once.
type Codec struct {
	signer  *Signer
	maxSize int
	now     func() time.Time
}

// NewCodec answers a Codec that signs with secret. The error is [ErrNoSecret].
func NewCodec(secret Secret, config CodecConfig) (*Codec, error) {
	c := &Codec{maxSize: config.MaxSize, now: config.Now}
	if config.Salt == "" {
		config.Salt = SessionSalt
	}
	if c.maxSize <= 0 {
		c.maxSize = DefaultMaxSize
	}
	if c.now == nil {
		c.now = time.Now
	}
	var err error
	c.signer, err = NewSigner(config.Salt, secret, config.Fallbacks...)
	return c, err
}

// Encode answers the text of a session. Its json is signed as it is, so it must
// be ASCII, as in a [sessions.Record]. The error is [ErrTooLarge].
func (c *Codec) Encode(json []byte) (string, error) {
	return c.encode(json, c.now())
}

// Decode answers the JSON of a session, in the form of [sessions.Record],
// whoever wrote it. Like Django it pays no heed to the time in the signature.
// Its errors are [sessions.ErrCorrupt]: [ErrBadSignature] or [ErrUndecodable].
func (c *Codec) Decode(text string) ([]byte, error) {
	payload, _, err := c.signer.UnsignAt(text)
	if err != nil {
		return nil, err
	}
	return c.payload(payload)
}

func (c *Codec) encode(json []byte, now time.Time) (string, error) {
	if len(json) > c.maxSize {
		return "", ErrTooLarge
	}
	room := buffers.Get().(*[]byte)
	defer putBuffer(room)
	if !deflated(json, func(short []byte) {
		*room = append(*room, '.')
		*room = base64.RawURLEncoding.AppendEncode(*room, short)
	}) {
		*room = base64.RawURLEncoding.AppendEncode(*room, json)
	}
	*room = c.signer.appendTime(*room, now)
	return string(*room), nil
}

// payload answers the JSON behind a signed payload.
func (c *Codec) payload(text string) ([]byte, error) {
	compressed := text != "" && text[0] == '.'
	if compressed {
		text = text[1:]
	}
	if base64.RawStdEncoding.DecodedLen(len(text)) > c.maxSize {
		return nil, fmt.Errorf("%w: it is larger than MaxSize", ErrUndecodable)
	}
	json, err := decodeBase64(text)
	if err == nil && compressed {
		json, err = inflate(json, c.maxSize)
	}
	if err == nil {
		json, err = pyjson.Normalize(latin1(json))
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	case json[0] != '{':
		return nil, fmt.Errorf("%w: its JSON is not an object", ErrUndecodable)
	}
	return json, nil
}

// latin1 answers the UTF-8 of text in Latin-1, which is how Django's
// JSONSerializer reads bytes. ASCII is answered as it is.
func latin1(text []byte) []byte {
	more := 0
	for _, c := range text {
		more += int(c >> 7)
	}
	if more == 0 {
		return text
	}
	wide := make([]byte, 0, len(text)+more)
	for _, c := range text {
		wide = utf8.AppendRune(wide, rune(c))
	}
	return wide
}
