package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"path"
	"strings"
	"time"
)

// This file finds the migrations: SQL files, by dialect and layout, numbered in
// the order in which they are applied.

//go:embed migrations
var files embed.FS

// Migration is one step in the life of a session table.
type Migration struct {
	App     string    // whose it is: "sessions" for Django's table, else the table's name
	Name    string    // such as "0001_initial"
	Up      string    // the SQL that applies it
	Down    string    // the SQL that takes it back
	Applied time.Time // zero: it is not, or nobody has looked
}

// ownHistory is where migrations are recorded that Django knows nothing of.
const ownHistory = "cloakroom_migrations"

// Migrations answers every migration, oldest first, without looking into the
// database.
func (m *Migrator) Migrations() []Migration {
	t := m.table
	dir := path.Join("migrations", t.dialect.name, t.layout.name)
	entries, err := files.ReadDir(dir) // in order of their names
	if err != nil {
		panic("sqlstore: a dialect without migrations: " + err.Error())
	}
	var all []Migration
	for _, entry := range entries {
		name, up := strings.CutSuffix(entry.Name(), ".up.sql")
		if !up {
			continue
		}
		all = append(all, Migration{
			App:  m.App(),
			Name: name,
			Up:   t.dialect.expand(read(dir, name+".up.sql"), t.name, t.layout.native),
			Down: t.dialect.expand(read(dir, name+".down.sql"), t.name, t.layout.native),
		})
	}
	return all
}

// App is the name under which the table's migrations are recorded.
func (m *Migrator) App() string {
	if m.foreign() {
		return m.table.name
	}
	return m.table.layout.app
}

// history is the table in which they are recorded.
func (m *Migrator) history() string {
	if m.foreign() {
		return ownHistory
	}
	return m.table.layout.history
}

// foreign tells whether Django has no migration for the table: the app named
// sessions makes the one that has Django's own name, and no other.
func (m *Migrator) foreign() bool {
	return m.table.layout.app == "" || m.table.name != m.table.layout.table
}

// inHistory makes SQL of a query about the table of applied migrations.
func (m *Migrator) inHistory(query string) string {
	return strings.ReplaceAll(query, "{history}", m.table.dialect.quoted(m.history()))
}

// historySQL makes that table.
func (m *Migrator) historySQL() string {
	return m.inHistory(read("migrations", m.table.dialect.name, "history.sql"))
}

// read answers an embedded file, which is there as surely as this code is.
func read(elem ...string) string {
	text, err := files.ReadFile(path.Join(elem...))
	if err != nil {
		panic("sqlstore: " + err.Error())
	}
	return string(text)
}

// execAll runs statements one by one, for not every driver takes several.
func execAll(ctx context.Context, conn *sql.Conn, text string) error {
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
