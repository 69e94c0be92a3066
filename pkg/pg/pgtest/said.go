package pgtest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// said is a log that keeps what a Postgres prints, for tests that wait for a line of it.
type said struct {
	slog.Handler

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed at the next line
}

func newSaid() *said { return &said{Handler: slog.DiscardHandler, more: make(chan struct{})} }

// Enabled is part of slog.Handler.
func (s *said) Enabled(context.Context, slog.Level) bool { return true }

// Handle is part of slog.Handler.
func (s *said) Handle(_ context.Context, r slog.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool { s.lines = append(s.lines, a.Value.String()); return true })
	close(s.more)
	s.more = make(chan struct{})
	return nil
}

// await returns when a line with these words has been printed.
func (s *said) await(t *testing.T, words string) {
	t.Helper()
	over := time.After(2 * time.Minute)
	for {
		s.mu.Lock()
		more, found := s.more, false
		for _, line := range s.lines {
			found = found || strings.Contains(line, words)
		}
		s.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-over:
			t.Fatalf("Postgres did not log %q", words)
		}
	}
}
