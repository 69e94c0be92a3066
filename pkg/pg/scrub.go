package pg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"
)

const (
	scrubChunk = 250
	scrubPace  = 25 * time.Millisecond // between chunks: at most 10,000 records a second
	scrubEvery = time.Hour             // unless Config.Scrub says otherwise
	scrubTries = 3                     // reads that fail before what they ask for counts as lost
	scrubYield = 40                    // paces that a chunk waits at most while events come faster than it compares
)

// finding is damage in one generation of the stream.
type finding struct {
	generation int64
	reason     string
}

// scrub reads the whole stream and compares it with Postgres, record by record: once under each connection, because a
// server that was started again may have lost what it cannot read, and then now and then. A server checks a record only
// when somebody reads it, and then hides it; it tells nobody.
type scrub struct {
	db     *DB
	reach  *reach
	window Window
	out    chan<- finding
}

func (s *scrub) run(ctx context.Context) error {
	every := s.db.cfg.Scrub
	if every <= 0 {
		every = scrubEvery
	}
	var session string
	var done time.Time
	for {
		if now := s.window.Session(); now != session || time.Since(done) > every {
			found, err := s.pass(ctx)
			switch {
			case err != nil:
				s.db.cfg.Log.Debug("compare the stream with the log", "reason", err)
			case found.reason == "":
				session, done = now, time.Now()
			default:
				select {
				case s.out <- found:
				case <-ctx.Done():
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(min(time.Second, every)):
		}
	}
}

// pass goes through the stream once. It ends early, without a finding, when the stream was made anew meanwhile; an error
// means that it could not be compared now.
func (s *scrub) pass(ctx context.Context) (finding, error) {
	at := s.reach.published.Load()
	if at == nil {
		return finding{}, errors.New("the stream is not known yet")
	}
	next := int64(0)
	for failed := 0; ; {
		state, t, err := s.look(ctx)
		if err != nil {
			return finding{}, err
		}
		if state.Generation != at.generation || t.generation != at.generation {
			return finding{}, errors.New("the stream is another one now")
		}
		if next = max(next, state.First, t.oldest); next > min(at.last, t.head) {
			return finding{}, nil
		}
		want, err := s.db.log(ctx, next-1, int(min(scrubChunk, at.last-next+1)))
		if err != nil {
			return finding{}, err
		}
		got, err := s.window.Read(ctx, next, len(want))
		if err != nil {
			if failed++; failed >= scrubTries {
				return finding{at.generation, fmt.Sprintf("it cannot be read from %d on: %v", next, err)}, nil
			}
			continue // look first: it may be the connection
		}
		failed = 0
		n, reason := compare(want, got)
		if next += int64(n); reason != "" && s.still(ctx, next, at.generation) {
			return finding{at.generation, reason}, nil
		}
		if err := s.standBack(ctx); err != nil {
			return finding{}, err
		}
	}
}

func (s *scrub) look(ctx context.Context) (events.StreamState, truth, error) {
	state, err := s.window.Open(ctx)
	if err != nil {
		return state, truth{}, err
	}
	t, err := s.db.truth(ctx)
	return state, t, err
}

// still reports whether a number that differs is still there to be compared: the stream may have discarded it, the log
// may have been pruned, or the stream may be another one.
func (s *scrub) still(ctx context.Context, number, generation int64) bool {
	state, t, err := s.look(ctx)
	return err == nil && state.Generation == generation && t.generation == generation &&
		number >= state.First && number >= t.oldest
}

// compare says how many records are equal and what is wrong with the next. A stream may answer with fewer records than
// were asked for, but not with none.
func compare(want, got []events.Record) (int, string) {
	for i, w := range want {
		switch {
		case i == len(got) && i > 0:
			return i, ""
		case i == len(got):
			return i, fmt.Sprintf("%d cannot be read", w.Number)
		case got[i].Number != w.Number:
			return i, fmt.Sprintf("%d is missing", w.Number)
		case !equal(w, got[i]):
			return i, fmt.Sprintf("%d is not as it was published", w.Number)
		}
	}
	return len(want), ""
}

// equal compares what the wire carries of a record.
func equal(a, b events.Record) bool {
	return a.Number == b.Number && a.ID == b.ID && a.Topic == b.Topic && a.Source == b.Source && a.Subject == b.Subject &&
		a.Time.Equal(b.Time) && a.Cause == b.Cause && a.Trace == b.Trace && bytes.Equal(a.Data, b.Data)
}

// standBack waits between chunks: a pace, and longer while the sequencer is busy, which needs the machine more.
func (s *scrub) standBack(ctx context.Context) error {
	for range scrubYield {
		before := s.reach.numbered.Load()
		if err := reconcile.Pause(ctx, scrubPace); err != nil {
			return err
		}
		if s.reach.numbered.Load()-before < scrubChunk {
			return nil
		}
	}
	return nil
}
