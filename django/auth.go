package django

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// This file is what django.contrib.auth, the CSRF protection and password
// resets keep in a session.

// Keys of a session that belong to Django. All that begin with an underscore
// are reserved for it.
const (
	// AuthUserIDKey holds the user's primary key, as text.
	AuthUserIDKey = "_auth_user_id"

	// AuthBackendKey holds the dotted path of the authentication backend, which
	// must be among Django's AUTHENTICATION_BACKENDS.
	AuthBackendKey = "_auth_user_backend"

	// AuthHashKey holds the [SessionAuthHash], by which a session ends when its
	// user's password changes.
	AuthHashKey = "_auth_user_hash"

	// CSRFTokenKey holds the secret of CSRF_USE_SESSIONS: 32 letters and digits.
	CSRFTokenKey = "_csrftoken"

	// PasswordResetTokenKey holds the token of a password reset that is going on.
	PasswordResetTokenKey = "_password_reset_token"

	// MessagesKey holds what [EncodeMessages] answers.
	MessagesKey = "_messages"
)

// ModelBackend is Django's usual value under [AuthBackendKey].
const ModelBackend = "django.contrib.auth.backends.ModelBackend"

const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// SessionAuthHash is Django's AbstractBaseUser.get_session_auth_hash: what
// stands under [AuthHashKey] for a user whose password field, as stored, is
// password.
func SessionAuthHash(password string, secret Secret) string {
	return hex.EncodeToString(SaltedHMAC(sha256.New, authHashSalt, secret, password))
}

// AuthHashMatch is the answer of [MatchAuthHash].
type AuthHashMatch int

const (
	// AuthHashWrong: the password was changed since, or the hash is forged or
	// missing. Django ends the session.
	AuthHashWrong AuthHashMatch = iota

	// AuthHashCurrent: it is the hash under the current secret.
	AuthHashCurrent

	// AuthHashFallback: it is the hash under a fallback. Django gives the
	// session a new key and stores the current hash.
	AuthHashFallback
)

// MatchAuthHash compares a session's hash with what it should be for a user's
// password field, under secret and then under each of fallbacks. An empty
// secret matches nothing.
func MatchAuthHash(hash, password string, secret Secret, fallbacks ...Secret) AuthHashMatch {
	matches := func(secret Secret) bool {
		right := SessionAuthHash(password, secret)
		return len(secret) > 0 && subtle.ConstantTimeCompare([]byte(hash), []byte(right)) == 1
	}
	if matches(secret) {
		return AuthHashCurrent
	}
	for _, f := range fallbacks {
		if matches(f) {
			return AuthHashFallback
		}
	}
	return AuthHashWrong
}
