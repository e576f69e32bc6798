package django

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloakroom-go/sessions"
)

// This file is django.core.signing: texts with an HMAC, and with a time, behind
// colons.

// Salts of Django's signers where its callers name none.
const (
	SignerSalt          = "django.core.signing.Signer"
	TimestampSignerSalt = "django.core.signing.TimestampSigner"
)

// ErrBadSignature: the text was not signed with SECRET_KEY nor with one of
// SECRET_KEY_FALLBACKS, or it was changed. It is a [sessions.ErrCorrupt], to be
// logged as a warning: somebody tried something, or a key was retired too early.
var ErrBadSignature = fmt.Errorf("%w: its signature matches neither SECRET_KEY nor any of SECRET_KEY_FALLBACKS", sessions.ErrCorrupt)

// ErrUndecodable: the signature is right, but what was signed is not what it
// should be. It is a [sessions.ErrCorrupt].
var ErrUndecodable = fmt.Errorf("%w: it is rightly signed, but not a Django session", sessions.ErrCorrupt)

// SaltedHMAC is Django's salted_hmac: the HMAC of value under the key
// newHash(salt + secret). For SHA-256 pass sha256.New.
func SaltedHMAC(newHash func() hash.Hash, salt string, secret Secret, value string) []byte {
	mac := hmac.New(newHash, saltedKey(newHash, salt, secret))
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

func saltedKey(newHash func() hash.Hash, salt string, secret Secret) []byte {
	h := newHash()
	h.Write([]byte(salt))
	h.Write(secret)
	return h.Sum(nil)
}

// A Signer is Django's Signer and TimestampSigner with HMAC-SHA256 and the
// separator ":". It may be used by many goroutines at once.
type Signer struct {
	keys []*signingKey // the first signs, all verify
}

// NewSigner answers a Signer that signs with secret, and also accepts what was
// signed with fallbacks. Signatures for one salt are worth nothing under
// another. The error is [ErrNoSecret].
func NewSigner(salt string, secret Secret, fallbacks ...Secret) (*Signer, error) {
	s := new(Signer)
	for _, secret := range append([]Secret{secret}, fallbacks...) {
		if len(secret) == 0 {
			return nil, ErrNoSecret
		}
		s.keys = append(s.keys, newSigningKey(saltedKey(sha256.New, salt+"signer", secret)))
	}
	return s, nil
}

// Sign answers value with its signature.
func (s *Signer) Sign(value string) string {
	return string(s.appendSignature(roomy(value)))
}

// Unsign answers the value of a signed text, or [ErrBadSignature].
func (s *Signer) Unsign(text string) (string, error) {
	value, signature, ok := cutLast(text)
	if !ok || !s.verifies(value, signature) {
		return "", ErrBadSignature
	}
	return value, nil
}

// SignAt answers value with the second of at and a signature over both, as
// Django's TimestampSigner does.
func (s *Signer) SignAt(value string, at time.Time) string {
	return string(s.appendTime(roomy(value), at))
}

// roomy answers the bytes of value with room for a time and a signature.
func roomy(value string) []byte {
	return append(make([]byte, 0, len(value)+len(":1r31eq:")+len(signature{})+8), value...)
}

// UnsignAt answers the value of a text from SignAt and the second it was signed
// in. The error is [ErrBadSignature], or [ErrUndecodable] where there is no
// time. Times beyond 2^63 seconds become that limit.
func (s *Signer) UnsignAt(text string) (value string, unix int64, err error) {
	text, err = s.Unsign(text)
	if err != nil {
		return "", 0, err
	}
	value, stamp, _ := cutLast(text)
	unix, ok := parseBase62(stamp)
	if !ok {
		return "", 0, fmt.Errorf("%w: no time in its signature", ErrUndecodable)
	}
	return value, unix, nil
}

// appendTime appends the time of signing, and then the signature, to what is
// in dst.
func (s *Signer) appendTime(dst []byte, at time.Time) []byte {
	return s.appendSignature(appendBase62(append(dst, ':'), at.Unix()))
}

func (s *Signer) appendSignature(dst []byte) []byte {
	signature := s.keys[0].sign(dst)
	return append(append(dst, ':'), signature[:]...)
}

// verifies compares with every key, whichever matches. The text of the
// signature is what must match: another spelling of the same bytes does not.
func (s *Signer) verifies(value, signature string) bool {
	room := buffers.Get().(*[]byte)
	defer putBuffer(room)
	*room = append(append(*room, value...), signature...)
	message, given := (*room)[:len(value)], (*room)[len(value):]
	return slices.ContainsFunc(s.keys, func(k *signingKey) bool {
		right := k.sign(message)
		return subtle.ConstantTimeCompare(right[:], given) == 1
	})
}

// cutLast splits text at its last colon. Without one, after is all of it.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}

// A signature is the base64 text of an HMAC-SHA256.
type signature [43]byte

// A signingKey is one derived key. Its HMACs are reset, not made anew: that is
// most of the cost of a signature.
type signingKey struct {
	macs sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

func newSigningKey(key []byte) *signingKey {
	k := new(signingKey)
	k.macs.New = func() any { return &mac{Hash: hmac.New(sha256.New, key)} }
	return k
}

func (k *signingKey) sign(message []byte) (text signature) {
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.Reset()
	m.Write(message)
	base64.RawURLEncoding.Encode(text[:], m.Sum(m.sum[:0]))
	return text
}
