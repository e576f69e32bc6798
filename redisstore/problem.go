package redisstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cloakroom-go/sessions"
)

// This file turns errors of the server and the network into errors that can be
// shown and told apart.

// problem says what went wrong. No error stays none.
func problem(what string, err error) error {
	if err == nil {
		return nil
	}
	if _, answered := rueidis.IsRedisErr(err); answered {
		// A server that does not know a command answers with its arguments, of
		// which one is the key.
		if text, _, found := strings.Cut(err.Error(), ", with args"); found {
			err = errors.New(text + "; the store needs it")
		}
		if strings.Contains(err.Error(), "OOM command not allowed") {
			return fmt.Errorf("redisstore: %s: %w: %w", what, sessions.ErrFull, err)
		}
	}
	return fmt.Errorf("redisstore: %s: %w", what, err)
}

// outcome is the answer of a method whose command answers whether it was done.
func outcome(done bool, otherwise error, what string, err error) error {
	if err == nil && !done {
		return otherwise
	}
	return problem(what, err)
}

func isWrongType(err error) bool {
	answer, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(answer.Error(), "WRONGTYPE")
}
