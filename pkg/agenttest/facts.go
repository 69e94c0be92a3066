package agenttest

import (
	"context"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
)

// nouns are the owners' words that facts are sent under.
var nouns = []string{"container", "image", "host"}

const batchMost = 200 // facts in one request

// state keeps facts until their owner has answered for them; the caller holds mu.
func (a *Agent) state(facts ...clocker.Fact) {
	for _, f := range facts {
		a.counter++
		f.Counter = a.counter
		if f.Container != nil {
			f.Trace = a.run.entries[*f.Container].Trace
		}
		noun := f.Kind.Noun()
		a.facts[noun] = append(a.facts[noun], f)
		poke(a.wake[noun])
	}
}

// send carries the facts of a noun to their owner, in order, until ctx ends.
func (a *Agent) send(ctx context.Context, noun string) error {
	for {
		more, err := a.sendBatch(ctx, noun)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			a.cfg.Log.Warn("facts of a simulated agent wait", "host", a.cfg.Host, "noun", noun, "reason", err)
			again = time.After(pauseTime)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again:
		case <-a.wake[noun]:
		}
	}
}

func (a *Agent) sendBatch(ctx context.Context, noun string) (bool, error) {
	a.mu.Lock()
	waiting := a.facts[noun]
	b := clocker.FactBatch{Host: a.cfg.Host, Epoch: a.epoch, Noun: noun, Facts: slices.Clone(waiting[:min(len(waiting), batchMost)])}
	a.mu.Unlock()
	if len(b.Facts) == 0 || b.Epoch == 0 {
		return false, nil
	}
	var reply clocker.FactReply
	if err := a.cfg.Conn.Request(ctx, clocker.SubjectFact+a.cfg.Host, b, &reply); err != nil {
		a.mu.Lock()
		present := a.epoch == b.Epoch
		a.mu.Unlock()
		if over(err) && present {
			a.stale()
		}
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	late := a.epoch != b.Epoch // a refusal may be the old epoch's: what it refused is sent again
	settled := map[int64]bool{}
	for _, f := range b.Facts {
		why, refused := reply.Refused[f.Counter]
		settled[f.Counter] = !refused || !late
		if refused && !late {
			a.refused = append(a.refused, string(f.Kind)+": "+why)
		}
	}
	a.facts[noun] = slices.DeleteFunc(a.facts[noun], func(f clocker.Fact) bool { return settled[f.Counter] })
	return true, nil
}
