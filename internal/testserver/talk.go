package testserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// This file says one line to a server and hears its answer, which is all that
// starting one takes: no test should need a driver for it.

// Ask sends a line and answers the reply, of which Redis has several kinds.
func Ask(ctx context.Context, addr, line string) (string, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		return "", err
	}
	return read(bufio.NewReader(conn))
}

// read answers one reply: a line, the text of a bulk string, or all of an array
// with spaces between.
func read(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if err != nil || line == "" || line[0] != '$' && line[0] != '*' {
		return line, err
	}
	size, err := strconv.Atoi(line[1:])
	if err != nil || size < 0 {
		return "", err
	}
	if line[0] == '$' {
		text := make([]byte, size+len("\r\n"))
		_, err = io.ReadFull(r, text)
		return string(text[:size]), err
	}
	parts := make([]string, size)
	for i := range parts {
		if parts[i], err = read(r); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, " "), nil
}

// expect is an error unless the reply to line is good.
func expect(ctx context.Context, addr, line string, good func(reply string) bool) error {
	reply, err := Ask(ctx, addr, line)
	if err == nil && !good(reply) {
		err = fmt.Errorf("%q was answered %q", line, reply)
	}
	return err
}
