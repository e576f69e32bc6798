// Package django knows the formats and names of Django's session framework, so
// that a Go program and a Django site can share live sessions: signatures, the
// session text of Django's db, file and cached_db engines ([Codec]), cookies of
// its signed_cookies engine ([CookieCodec]), what django.contrib.auth and
// messages keep in a session, and its settings ([Settings]).
//
// It knows formats, not databases. Session data is everywhere the JSON text
// that Python's json.dumps with compact separators writes. What is written here
// is byte for byte what Django 4.1 and later write, but for the deflate stream
// of compressed sessions, which Django reads all the same.
package django
