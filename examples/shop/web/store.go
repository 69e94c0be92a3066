package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Store is a Redis server, spoken to in its own protocol. Each call makes a connection: a page is rare, and a store
// that was replaced is found again without further thought. Safe for concurrent use.
type Store struct {
	Address string        // host:port
	Timeout time.Duration // of one call
}

// Ping says whether the store answers.
func (s Store) Ping(ctx context.Context) error {
	_, err := s.call(ctx, "PING")
	return err
}

// Increment adds one to a number that starts at 0 and gives the sum.
func (s Store) Increment(ctx context.Context, key string) (int64, error) {
	reply, err := s.call(ctx, "INCR", key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(reply, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("store answered %q where a number was due", reply)
	}
	return n, nil
}

// call sends one command as an array of strings and reads the reply, which must be a simple string, a number or an
// error: one line that starts with its kind.
func (s Store) call(ctx context.Context, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return "", fmt.Errorf("reach store: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", fmt.Errorf("reach store: %w", err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return "", fmt.Errorf("ask store: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read store's reply: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	switch {
	case strings.HasPrefix(line, "+"), strings.HasPrefix(line, ":"):
		return line[1:], nil
	case strings.HasPrefix(line, "-"):
		return "", fmt.Errorf("store refused %s: %s", command[0], line[1:])
	}
	return "", fmt.Errorf("store answered %q, which is no reply to %s", line, command[0])
}
