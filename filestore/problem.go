package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cloakroom-go/sessions"
)

// This file turns errors of the operating system into errors that can be shown.

// problem says what went wrong, and keeps quiet about the path, whose end is a
// session key. No error stays none.
func problem(what string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if isFull(err) {
		return fmt.Errorf("filestore: %s: %w: %w", what, sessions.ErrFull, err)
	}
	return fmt.Errorf("filestore: %s: %w", what, err)
}
