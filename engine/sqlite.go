package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/cloakroom-go/sessions/sqlstore"
)

// This file opens SQLite files, and says in one line why one cannot be opened.

// smallestPage is the size of the smallest SQLite database with anything in it.
// SQLite takes a shorter file for an empty database, and overwrites it.
const smallestPage = 512

// sqliteReaders is how many connections read at once beside the one that
// writes.
const sqliteReaders = 8

// openSQLite opens what follows sqlite:// in a URL.
func openSQLite(ctx context.Context, rest string) (*Database, error) {
	path, pragmas, err := parseSQLite(rest)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return openMemory(ctx)
	}
	if path, err = filepath.Abs(meant(path)); err != nil { // new connections come after a Chdir, too
		return nil, err
	}
	if err := createPrivate(path); err != nil {
		return nil, explainFile(path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 && info.Size() < smallestPage {
		return nil, fmt.Errorf("%s is not an SQLite database; name another file", path)
	}
	dsn := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), OmitHost: true, RawQuery: pragmas.Encode()}).String()
	// The writer comes first: it makes an empty file a database.
	writer, err := openPool(ctx, dsn, 1)
	if err != nil {
		return nil, explainFile(path, err)
	}
	reader, err := openPool(ctx, dsn, sqliteReaders)
	if err != nil {
		writer.Close()
		return nil, explainFile(path, err)
	}
	return &Database{Name: path, DB: writer, Reader: reader, Dialect: sqlstore.SQLite}, nil
}

// meant is the path that was meant by three slashes: the relative one, unless
// its folder does not exist and that of the absolute one does, which some tools
// write with three slashes, too.
func meant(path string) string {
	exists := func(dir string) bool {
		info, err := os.Stat(dir)
		return err == nil && info.IsDir()
	}
	if absolute := "/" + path; !exists(filepath.Dir(path)) && exists(filepath.Dir(absolute)) {
		return absolute
	}
	return path
}

// openMemory opens a database that is its only connection's own.
func openMemory(ctx context.Context) (*Database, error) {
	db, err := openPool(ctx, ":memory:", 1)
	if err != nil {
		return nil, err
	}
	return &Database{Name: "memory", DB: db, Reader: db, Dialect: sqlstore.SQLite}, nil
}

// parseSQLite takes the part after sqlite:// to a path, empty for a database in
// memory, and the parameters of every connection.
func parseSQLite(rest string) (path string, params url.Values, err error) {
	rest, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return "", nil, errors.New("the part after ? of its URL is not name=value")
	}
	if params, err = sqliteParams(options); err != nil {
		return "", nil, err
	}
	if rest == ":memory:" || rest == "/:memory:" {
		return "", params, nil
	}
	path, relative := strings.CutPrefix(rest, "/")
	if !relative || path == "" {
		return "", nil, errors.New("an SQLite URL is sqlite:///relative/path.db, sqlite:////absolute/path.db, or sqlite://:memory: for none")
	}
	if path, err = url.PathUnescape(path); err != nil {
		return "", nil, errors.New("the path in its URL has a % that is not followed by two hexadecimal digits; write %25")
	}
	if strings.ContainsRune(path, 0) {
		return "", nil, errors.New("the path in its URL has a NUL in it")
	}
	return path, params, nil
}

// sqliteParams are the driver's parameters for the options of a URL.
//
// With write-ahead logging readers and the writer do not wait for each other.
// Then synchronous=normal syncs at checkpoints only, which keeps the file whole
// in every case. A transaction that begins to write only after it has read
// would fail at once if somebody wrote in between, so they all begin to write.
func sqliteParams(options url.Values) (url.Values, error) {
	synchronous := "normal"
	for name, values := range options {
		if name != "synchronous" {
			return nil, fmt.Errorf("unknown option %q in an SQLite URL; known: synchronous", name)
		}
		synchronous = strings.ToLower(values[len(values)-1])
		if synchronous != "normal" && synchronous != "full" {
			return nil, errors.New("synchronous in an SQLite URL is normal or full")
		}
	}
	return url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")"},
	}, nil
}

// openPool opens a pool of at most so many connections, which it keeps, and
// reads the file's header.
func openPool(ctx context.Context, dsn string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := greet(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// greet reads the file's header. While another process makes the file a
// database with write-ahead logging, SQLite does not wait but says that it is
// busy, whatever busy_timeout there is.
func greet(ctx context.Context, db *sql.DB) error {
	var tables int
	for giveUp := time.Now().Add(5 * time.Second); ; {
		err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables)
		var sqliteErr *sqlite.Error
		if !errors.As(err, &sqliteErr) || sqliteErr.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(giveUp) {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// creating is held while a file is made. Closing a file drops all locks that
// the process has on it, SQLite's too, so only a file that nobody has open yet
// may be opened other than by SQLite.
var creating sync.Mutex

// createPrivate makes an empty file at path for its owner only, if there is
// none. SQLite gives its -wal and -shm files the same mode.
func createPrivate(path string) error {
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// SQLite's primary result codes for what people can put right.
const (
	sqliteReadOnly = 8
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// explainFile says why the file at path cannot be used, and what to do.
func explainFile(path string, err error) error {
	info, statErr := os.Stat(path)
	if statErr == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory; name a file in it", path)
	}
	if _, dirErr := os.Stat(filepath.Dir(path)); errors.Is(dirErr, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; make it first", filepath.Dir(path))
	}
	code := 0
	if failure := (*sqlite.Error)(nil); errors.As(err, &failure) {
		code = failure.Code() & 0xff
	}
	switch {
	case code == sqliteNotADB:
		return fmt.Errorf("%s is not an SQLite database; name another file: %w", path, err)
	case code == sqliteCorrupt:
		return fmt.Errorf("%s is damaged; restore it from a backup: %w", path, err)
	case code == sqliteFull:
		return fmt.Errorf("%s: the disk is full: %w", path, err)
	case errors.Is(err, fs.ErrPermission), code == sqliteCantOpen, code == sqliteReadOnly:
		return fmt.Errorf("%s cannot be written; this user must be allowed to write the file and its directory: %w", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
