package sqlstore

import (
	"github.com/cloakroom-go/sessions"
)

// This file says how a session lies in its row, in each of the two layouts.

// Codec is how the session_data of Django's table stands for a session's JSON.
// A Codec must be safe for concurrent use.
type Codec interface {
	// Encode answers the text to store.
	Encode(data []byte) (string, error)

	// Decode answers the JSON that was encoded, or an error that is
	// [sessions.ErrCorrupt] and shows nothing of the text.
	Decode(text string) ([]byte, error)
}

// layout is one shape of the session table.
type layout struct {
	name  string // the directory of its migrations
	table string // the table's name unless Config says otherwise
	codec Codec  // none: session_data is the JSON itself

	// The native layout has more columns than Django's, and tombstones.
	native bool

	// Where its migrations are recorded, and under which application's name;
	// no name means that of the table.
	history, app string
}

func nativeLayout() layout {
	return layout{name: "native", table: "cloakroom_session", native: true, history: ownHistory}
}

func djangoLayout(codec Codec) layout {
	return layout{name: "django", table: "django_session", codec: codec, history: "django_migrations", app: "sessions"}
}

// encode answers the session_data for data. None at all is a tombstone, which
// only the native layout has.
func (l *layout) encode(data []byte) (string, error) {
	if l.codec == nil {
		return string(data), nil
	}
	return l.codec.Encode(data)
}

// decode fills in what session_data says. In the native layout Data is the
// stored text, so a Revision is needed only where there is no Data.
func (l *layout) decode(stored []byte, rec *sessions.Record) (err error) {
	switch {
	case l.codec != nil:
		rec.Revision = string(stored)
		rec.Data, err = l.codec.Decode(rec.Revision)
	case len(stored) == 0:
		err = sessions.ErrEnded
	case stored[0] != '{' || stored[len(stored)-1] != '}':
		rec.Revision = string(stored)
		err = sessions.ErrCorrupt
	default:
		rec.Data = stored
	}
	return err
}

// stored is the session_data that old was decoded from, and whether it can be
// replaced at all: a tombstone cannot.
func (l *layout) stored(old sessions.Record) (text string, ok bool) {
	if l.codec != nil || old.Revision != "" {
		return old.Revision, true
	}
	return string(old.Data), len(old.Data) > 0
}
