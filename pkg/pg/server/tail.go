package server

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

const tailLines = 12

// tail is where the server prints: each line goes to the log, and the last ones are kept for the error of a failed
// start.
type tail struct {
	log *slog.Logger

	mu      sync.Mutex
	partial []byte
	lines   []string
}

func newTail(log *slog.Logger) *tail { return &tail{log: log} }

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial = append(t.partial, p...)
	for {
		line, rest, ok := bytes.Cut(t.partial, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		t.line(string(line))
		t.partial = rest
	}
}

func (t *tail) line(s string) {
	t.lines = append(t.lines, s)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
	t.log.Log(context.Background(), severity(s), "postgres", "line", s)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(append(t.lines[:len(t.lines):len(t.lines)], string(t.partial)), "\n")
}

// rolePrefix stands before the role in the lines of a server with a network.
const rolePrefix = "as "

// severity sorts a line for our log. FATAL is only a connection's end ("the database system is starting up"), unless it
// is somebody who may not come in; and of the errors, those that say so.
func severity(line string) slog.Level {
	if rest, ok := strings.CutPrefix(line, rolePrefix); ok {
		_, line, _ = strings.Cut(rest, " ")
		line = strings.TrimSpace(line)
	}
	switch {
	case strings.HasPrefix(line, "PANIC:"):
		return slog.LevelError
	case strings.HasPrefix(line, "WARNING:"), refusal(line):
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

// refusal reports whether a line says that somebody tried what they may not.
func refusal(line string) bool {
	for _, words := range []string{"permission denied", "must be owner", "must be superuser", "must be member", "authentication failed",
		"no pg_hba.conf entry"} {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}
