// Package sqlstore keeps sessions in a table of an SQL database, through
// database/sql and whatever driver the program has chosen: it imports none.
//
// There are two layouts. [New] uses a table made for this package, which also
// knows when a session began and whose it is. [NewDjango] uses the table of
// django.contrib.sessions, row for row as Django reads and writes it, so that a
// Go program and a Django site can serve the same live sessions.
//
// Every method of a store is one statement that commits by itself. There is no
// transaction to conflict with, and a process that dies leaves no session half
// written.
//
// The table comes from a [Migrator]; see the stores' method of that name.
package sqlstore
