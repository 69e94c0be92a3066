package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

// owner takes facts, or refuses to answer.
type owner struct {
	fail    []error // answers, in order; then all is well
	batches chan clocker.FactBatch
}

func (o *owner) Request(_ context.Context, _ string, v, reply any) error {
	b := v.(clocker.FactBatch)
	if len(o.fail) > 0 {
		err := o.fail[0]
		o.fail = o.fail[1:]
		return err
	}
	*reply.(*clocker.FactReply) = clocker.FactReply{Refused: map[int64]string{b.Facts[0].Counter: "no"}}
	o.batches <- b
	return nil
}

func load(t *testing.T, path string) *Outbox {
	t.Helper()
	o := New(path)
	if err := o.Load(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func started(n int) clocker.Fact {
	return clocker.Fact{Kind: clocker.FactStarted, Container: &clocker.Container{UID: "u", Ordinal: n}}
}

func TestFactsSurviveUntilSettled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "facts.json")
	o := load(t, path)
	if err := o.Add(started(0), clocker.Fact{Kind: clocker.FactReconciled}, started(1), started(1)); err != nil {
		t.Fatal(err)
	}
	o = load(t, path)
	facts := o.Waiting("container", 10)
	if len(facts) != 2 || facts[0].Counter != 1 || facts[1].Counter != 3 {
		t.Fatalf("after a restart wait %+v", facts)
	}
	if err := o.Settle(facts); err != nil {
		t.Fatal(err)
	}
	o = load(t, path)
	if got := o.Waiting("container", 10); len(got) != 0 {
		t.Errorf("settled, yet waiting: %+v", got)
	}
	// A counter is never used twice, though nothing is left that bears it.
	_ = o.Settle(o.Waiting("host", 10))
	o = load(t, path)
	if err := o.Add(started(2)); err != nil {
		t.Fatal(err)
	}
	if got := o.Waiting("container", 10); got[0].Counter != 4 {
		t.Errorf("counter %d after 3", got[0].Counter)
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	o := load(t, filepath.Join(t.TempDir(), "facts.json"))
	to := &owner{batches: make(chan clocker.FactBatch, 10), fail: []error{
		errors.New("away"), &clocker.Error{Code: clocker.Conflict, Message: "epoch is over"},
	}}
	stale := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := Sender{Outbox: o, Control: to, Host: "h", Noun: "container", Epoch: func() int64 { return 7 },
		Stale: func() { stale <- struct{}{} }, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var facts []clocker.Fact
	for n := range batch + 1 {
		facts = append(facts, started(n))
	}
	if err := o.Add(facts...); err != nil {
		t.Fatal(err)
	}
	<-stale
	next := int64(1)
	for next <= batch+1 {
		b := <-to.batches
		if b.Epoch != 7 || b.Host != "h" || b.Noun != "container" {
			t.Errorf("batch of %s %d %s", b.Host, b.Epoch, b.Noun)
		}
		for _, f := range b.Facts {
			if f.Counter != next {
				t.Fatal(fmt.Errorf("fact %d where %d follows", f.Counter, next))
			}
			next++
		}
	}
	cancel()
	<-ended
}

// What control says of an epoch that was over before it answered asks for nothing: the agent is registered again by then.
func TestARefusalOfAnOldEpochAsksForNoOtherRegistration(t *testing.T) {
	t.Parallel()
	o := load(t, filepath.Join(t.TempDir(), "facts.json"))
	epoch := int64(7)
	s := Sender{Outbox: o, Control: conflict(func() { epoch = 8 }), Host: "h", Noun: "container", Epoch: func() int64 { return epoch },
		Stale: func() { t.Error("asked to register again") }, Log: slog.New(slog.DiscardHandler)}
	if err := o.Add(started(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.send(t.Context()); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("got %v, want the conflict", err)
	}
	if got := o.Waiting("container", 10); len(got) != 1 {
		t.Errorf("%d facts wait, want 1", len(got))
	}
}

// conflict does something before it says that the epoch of a request is over.
type conflict func()

func (c conflict) Request(context.Context, string, any, any) error {
	c()
	return &clocker.Error{Code: clocker.Conflict, Message: "epoch is over"}
}

// Two hundred builds that failed at once have printed more than a message may hold.
func TestNoRequestIsLargerThanAMessageMayBe(t *testing.T) {
	t.Parallel()
	const builds = 200
	o := load(t, filepath.Join(t.TempDir(), "facts.json"))
	for n := range builds {
		f := clocker.Fact{Kind: clocker.FactImageFailed, Image: &clocker.ImageFact{Key: fmt.Sprint(n), Tail: slices.Repeat([]string{strings.Repeat("x", 3000)}, 20)}}
		f.Bound()
		if err := o.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	control := &owner{batches: make(chan clocker.FactBatch, builds)}
	s := Sender{Outbox: o, Control: control, Host: "h", Noun: "image", Epoch: func() int64 { return 1 }, Log: slog.New(slog.DiscardHandler)}
	for more, err := true, error(nil); more; {
		if more, err = s.send(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(control.batches)
	sent := 0
	for b := range control.batches {
		text, err := json.Marshal(b)
		if err != nil || len(text) > (1<<20)+1000 {
			t.Errorf("a request of %d bytes, %v", len(text), err)
		}
		for _, f := range b.Facts {
			if f.Image.Key != fmt.Sprint(sent) {
				t.Fatalf("fact %d is of build %s", sent, f.Image.Key)
			}
			sent++
		}
	}
	if sent != builds {
		t.Errorf("%d facts were sent, want %d", sent, builds)
	}
	// One that is larger than that by itself is sent alone.
	if one, err := fitting([]clocker.Fact{{Reason: "large"}, {}}, 1); err != nil || len(one) != 1 {
		t.Errorf("%d facts, %v", len(one), err)
	}
}
