package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/cloakroom-go/sessions"
)

// This file turns errors of the server and the network into errors that can be
// shown and told apart.

var (
	errKey = errors.New("memcachestore: a session key is 8 to 128 characters of a-z and 0-9")

	// Such a server takes every cas for the right one.
	errNoCAS = errors.New("memcachestore: the server does not number its items, so writes could be lost: start it without -C")
)

// ready is why a write cannot even begin.
func ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !sessions.ValidKey(key) {
		return errKey
	}
	return nil
}

// complaint is what a server may say in its own words.
var complaint = regexp.MustCompile(`(SERVER_ERROR|CLIENT_ERROR)[a-z -]*`)

// problem says what went wrong. No error stays none. The client quotes a line
// that it does not understand, which may be of a session, or name one.
func problem(what string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	said := complaint.FindString(text)
	switch {
	case strings.Contains(said, "object too large"):
		return fmt.Errorf("%w; store less in it, or raise the server's limit (-I)", ErrTooLarge)
	case strings.Contains(said, "out of memory"):
		return fmt.Errorf("memcachestore: %s: %w: %s", what, sessions.ErrFull, said)
	case said != "":
		return fmt.Errorf("memcachestore: %s: the server says %s", what, said)
	case strings.HasPrefix(text, "memcache: unexpected"):
		return fmt.Errorf("memcachestore: %s: the server says what the client does not understand", what)
	}
	return fmt.Errorf("memcachestore: %s: %w", what, err)
}

// swapped is the answer of a method that ends with a cas, which says otherwise
// if there is nothing to compare with.
func swapped(err, otherwise error, what string) error {
	if errors.Is(err, memcache.ErrCacheMiss) || errors.Is(err, memcache.ErrNotStored) {
		return otherwise
	}
	return problem(what, err)
}
