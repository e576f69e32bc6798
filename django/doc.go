// Package django knows the formats and names of Django's session framework, so
// that a Go program and a Django site can share live sessions.
//
// Each of Django's engines has its layout here, for a store to be given:
//
//	SESSION_ENGINE   layout         for
//	db               [Codec]        sqlstore.NewDjango
//	file             [FileFormat]   filestore.Config.Format
//	cache            [CacheFormat]  redisstore, memcachestore
//	cached_db        both           cachedstore, over two of these
//	signed_cookies   [CookieCodec]  sessions.NewSealed
//
// [Settings] are Django's settings, and make these. [Auth] tells who is logged
// in, as django.contrib.auth does, and [AddMessage] and [ReadMessages] are
// django.contrib.messages.
//
// The package knows formats, not databases. Session data is everywhere the JSON
// text that Python's json.dumps with compact separators writes. What is written
// here is byte for byte what Django 4.1 and later write, but for the deflate
// stream of compressed sessions, which Django reads all the same.
//
// # Where Django does otherwise
//
// These are meant to differ; the tests' table of them names every case.
//
//   - A session's own number of seconds counts from the last save in files, too.
//     Django's file engine takes it for what is left, so that such a file would
//     live for ever; a browser gives up its cookie at the same time as we do.
//   - A file's last second counts. Django rounds what is left down, and so ends
//     a file session up to a second earlier.
//   - An expired file is left for Sweep. Django puts a new, empty session in its
//     place; here no session begins by reading.
//   - A file that cannot be decoded does not expire: its session is empty, and
//     the next save writes it anew. Django expires it by its modification time.
//   - Data that is not a JSON object is corrupt. Django reads it, and fails at
//     the first access.
//   - Data that is rightly signed but cannot be decoded is logged like data that
//     is not rightly signed. Django logs only the latter.
//   - An expiry that cannot be read counts as none; one that has an offset where
//     USE_TZ is false, or none where it is true, is the instant that it names.
//     Django mostly fails, though it stores such rows.
package django
