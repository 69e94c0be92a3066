package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"
)

// Bounds of one request. A build that failed comes with the last lines that it printed: 200 of them could be more than a
// message may hold, and would keep all others from their owner.
const (
	batch      = 200 // facts
	batchBytes = 1 << 20
)

// Control is who takes facts; a *bus.Conn is one.
type Control interface {
	Request(ctx context.Context, subject string, v, reply any) error
}

// Sender carries the facts of one noun to their owner.
type Sender struct {
	Outbox  *Outbox
	Control Control
	Host    string
	Noun    string
	// Epoch is the host's present one. Facts are held back while it is 0, and sent under the epoch of the moment: what
	// was seen stays true over a registration.
	Epoch func() int64
	Stale func() // told when the owner says that the epoch is not the present one
	Log   *slog.Logger
}

// Run sends until ctx ends.
func (s Sender) Run(ctx context.Context) error {
	pause := reconcile.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second, Factor: 2}
	failures := 0
	for {
		sent, err := s.send(ctx)
		wait := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			failures++
			wait = pause.After(failures)
			if failures == 1 || failures%20 == 0 {
				s.Log.Warn("facts wait for their owner", "noun", s.Noun, "reason", err)
			}
		case sent:
			failures = 0
			continue
		default:
			failures = 0
		}
		var again <-chan time.Time
		if wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again:
		case <-s.Outbox.wake[s.Noun]:
		}
	}
}

// send sends one batch and says whether there may be another.
func (s Sender) send(ctx context.Context) (bool, error) {
	facts, err := fitting(s.Outbox.Waiting(s.Noun, batch), batchBytes)
	if err != nil {
		return false, err
	}
	epoch := s.Epoch()
	if len(facts) == 0 || epoch == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var reply clocker.FactReply
	err = s.Control.Request(ctx, clocker.SubjectFact+s.Host,
		clocker.FactBatch{Host: s.Host, Epoch: epoch, Noun: s.Noun, Facts: facts}, &reply)
	if err != nil {
		if code := clocker.CodeOf(err); (code == clocker.Denied || code == clocker.Conflict) && s.Epoch() == epoch {
			s.Stale()
		}
		return false, err
	}
	over := s.Epoch() != epoch // a refusal may be the old epoch's: what it refused is sent again
	var settled []clocker.Fact
	for _, f := range facts {
		why, refused := reply.Refused[f.Counter]
		if refused {
			s.Log.Info("fact refused", "kind", f.Kind, "container", pathOf(f), "reason", why, "again", over)
		}
		if !refused || !over {
			settled = append(settled, f)
		}
	}
	return true, s.Outbox.Settle(settled)
}

// fitting is the first facts, at least one and else at most so many bytes of them.
func fitting(facts []clocker.Fact, most int) ([]clocker.Fact, error) {
	bytes := 0
	for i, f := range facts {
		text, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("encode fact %d: %w", f.Counter, err)
		}
		if bytes += len(text); bytes > most && i > 0 {
			return facts[:i], nil
		}
	}
	return facts, nil
}

func pathOf(f clocker.Fact) string {
	if f.Container == nil {
		return ""
	}
	return f.Container.Path()
}
