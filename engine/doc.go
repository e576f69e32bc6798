// Package engine opens what settings name: databases by their URL, caches by
// theirs, and the sessions of a Django site by its own settings. It is the one
// package that knows every store, and so imports every driver; who opens a store
// by hand does not need it.
package engine
