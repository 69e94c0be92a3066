package line

import (
	"context"
	"fmt"
	"time"

	"clocker.io/test/bench/internal/result"
	"clocker.io/test/bench/internal/sandbox"
)

// How often is enough for a p95 of one and of fifty, in bounded time; a multiple of the orders that there are. Of fifty, one
// round differs from the next by some 5 % for everybody: medians of six rounds told of the same program that it takes 0.87
// and 0.97 of what it is compared with.
const (
	many        = 50
	roundsOne   = 30
	roundsFifty = 18
	warmUps     = 2
)

// patience bounds one contestant's turn.
const patience = 2 * time.Minute

// contestant does the work in its own way.
type contestant interface {
	name() string
	// run asks for n containers, as users of it do, and returns when that is accepted.
	run(ctx context.Context, n int) error
	// clear takes away all that run made, and returns when it is gone.
	clear(ctx context.Context) error
}

// bout is who takes part, and what each took.
type bout struct {
	sandbox *sandbox.Sandbox
	starts  *starts
	ours    *ours
	direct  *direct
	swarm   *swarmMode
	hops    hops
	say     func(string, ...any)
}

// One measures one container at a time, and says where each millisecond of ours goes.
func One(ctx context.Context, s *sandbox.Sandbox, say func(string, ...any)) ([]result.Result, error) {
	b, err := prepare(ctx, s, say)
	if err != nil {
		return nil, err
	}
	m, err := b.rounds(ctx, 1, roundsOne)
	if err != nil {
		return nil, err
	}
	say("\n%s\n%s", b.hops.table(), b.hops.calls(1, b.direct.calls))
	return resultsOfOne(m), nil
}

// Fifty measures fifty containers at a time; the direct calls are made as many at once as is the Engine's best.
func Fifty(ctx context.Context, s *sandbox.Sandbox, say func(string, ...any)) ([]result.Result, error) {
	b, err := prepare(ctx, s, say)
	if err != nil {
		return nil, err
	}
	if err := b.widen(ctx); err != nil {
		return nil, err
	}
	m, err := b.rounds(ctx, many, roundsFifty)
	if err != nil {
		return nil, err
	}
	say("\n%s", b.hops.calls(many, b.direct.calls))
	return resultsOfFifty(m, b.direct.width), nil
}

// prepare warms everybody up, and gives the direct calls the options that Clocker uses and the width that is their best.
func prepare(ctx context.Context, s *sandbox.Sandbox, say func(string, ...any)) (*bout, error) {
	b := &bout{sandbox: s, say: say, starts: watch(ctx, s.Engine), ours: &ours{sandbox: s}, swarm: &swarmMode{sandbox: s}}
	if err := b.starts.wait(ctx); err != nil {
		return nil, err
	}
	for range warmUps {
		if _, err := b.turn(ctx, b.ours, 1); err != nil {
			return nil, err
		}
	}
	var err error
	if b.direct, err = b.copyOptions(ctx); err != nil {
		return nil, err
	}
	if err := b.swarm.join(ctx); err != nil {
		return nil, err
	}
	for range warmUps {
		for _, c := range []contestant{b.direct, b.swarm} {
			if _, err := b.turn(ctx, c, 1); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// copyOptions has Clocker make a container and takes its options from the Engine.
func (b *bout) copyOptions(ctx context.Context) (*direct, error) {
	if _, err := b.take(ctx, b.ours, 1); err != nil {
		return nil, err
	}
	d, err := directLike(ctx, b.sandbox)
	if err != nil {
		return nil, err
	}
	return d, b.ours.clear(ctx)
}

// widen finds how many direct calls at once are the Engine's best.
func (b *bout) widen(ctx context.Context) error {
	const n = 16
	best := time.Duration(0)
	for _, width := range []int{1, 2, 3, 4, 8} {
		b.direct.width = width
		times, err := b.turn(ctx, b.direct, n)
		if err != nil {
			return err
		}
		took := times[n-1]
		b.say("direct calls, %d at once: %d containers in %d ms", width, n, took.Milliseconds())
		if best == 0 || took < best {
			best = took
			b.direct.best = width
		}
	}
	b.direct.width, b.direct.calls = b.direct.best, map[string][]time.Duration{}
	return nil
}

// orders are those in which three can take their turns.
var orders = [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}, {1, 0, 2}}

// measured is what every contestant took, round by round: the times of a round's containers in ascending order.
type measured map[string][][]time.Duration

// rounds has everybody do the work, again and again, in every order equally often: what one leaves behind in the Engine and
// the kernel meets each of the others.
func (b *bout) rounds(ctx context.Context, n, count int) (measured, error) {
	all := []contestant{b.ours, b.direct, b.swarm}
	m := measured{}
	for round := range count {
		for _, i := range orders[round%len(orders)] {
			c := all[i]
			times, err := b.turn(ctx, c, n)
			if err != nil {
				return nil, fmt.Errorf("%s, %d containers, round %d: %w", c.name(), n, round+1, err)
			}
			m[c.name()] = append(m[c.name()], times)
		}
		if n > 1 || round%10 == 9 {
			b.say("%2d containers, round %2d: %s", n, round+1, m.last(all))
		}
	}
	return m, nil
}

// last tells of the latest round.
func (m measured) last(all []contestant) string {
	var text string
	for _, c := range all {
		of := m[c.name()]
		times := of[len(of)-1]
		text += fmt.Sprintf("%s %d ms  ", c.name(), times[len(times)-1].Milliseconds())
	}
	return text
}

// turn is one contestant's turn, cleared away.
func (b *bout) turn(ctx context.Context, c contestant, n int) ([]time.Duration, error) {
	times, err := b.take(ctx, c, n)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.clear(ctx); err != nil {
		return nil, fmt.Errorf("clear away: %w", err)
	}
	return times, nil
}

func (b *bout) take(ctx context.Context, c contestant, n int) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before, err := b.hops.before(ctx, b.sandbox, c == b.ours)
	if err != nil {
		return nil, err
	}
	if err := settle(ctx, b.sandbox.Engine); err != nil {
		return nil, err
	}
	began := b.starts.begin()
	if err := c.run(ctx, n); err != nil {
		return nil, err
	}
	times, err := b.starts.await(ctx, n)
	if err != nil {
		return nil, err
	}
	if c != b.ours {
		return times, nil
	}
	return times, b.hops.take(ctx, b, began, n, before)
}
