package life_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/life"
)

func TestNext(t *testing.T) {
	t.Parallel()
	host := func(s clocker.HostState, epoch int64, reason string) life.Host {
		return life.Host{State: s, Epoch: epoch, Reason: reason}
	}
	for _, tt := range []struct {
		name  string
		from  life.Host
		event life.Event
		to    life.Host
		out   life.Outcome
	}{
		{"first registration", host(clocker.HostRequested, 0, "called"), life.Event{Kind: life.Registered, Reason: "joins"},
			host(clocker.HostProvisioning, 1, "joins"), life.Nothing},
		{"reconciled", host(clocker.HostProvisioning, 1, "joins"), life.Event{Kind: life.Reconciled, Epoch: 1},
			host(clocker.HostReadyState, 1, ""), life.Ready},
		{"reconciled twice", host(clocker.HostReadyState, 1, ""), life.Event{Kind: life.Reconciled, Epoch: 1},
			host(clocker.HostReadyState, 1, ""), life.Nothing},
		{"reconciled an old epoch", host(clocker.HostProvisioning, 2, "joins"), life.Event{Kind: life.Reconciled, Epoch: 1},
			host(clocker.HostProvisioning, 2, "joins"), life.Nothing},
		{"falls silent", host(clocker.HostReadyState, 1, ""), life.Event{Kind: life.Failing, Epoch: 1, Reason: "silent"},
			host(clocker.HostSuspect, 1, "silent"), life.Suspected},
		{"another trouble", host(clocker.HostSuspect, 1, "silent"), life.Event{Kind: life.Failing, Epoch: 1, Reason: "engine"},
			host(clocker.HostSuspect, 1, "engine"), life.Nothing},
		{"returns", host(clocker.HostSuspect, 1, "silent"), life.Event{Kind: life.Returned, Epoch: 1},
			host(clocker.HostReadyState, 1, ""), life.Ready},
		{"an old agent returns", host(clocker.HostSuspect, 2, "silent"), life.Event{Kind: life.Returned, Epoch: 1},
			host(clocker.HostSuspect, 2, "silent"), life.Nothing},
		{"registers again while ready", host(clocker.HostReadyState, 1, ""), life.Event{Kind: life.Registered, Reason: "joins"},
			host(clocker.HostProvisioning, 2, "joins"), life.Suspected},
		{"registers again while suspect", host(clocker.HostSuspect, 1, "silent"), life.Event{Kind: life.Registered, Reason: "joins"},
			host(clocker.HostProvisioning, 2, "joins"), life.Nothing},
		{"beats before it reconciled", host(clocker.HostProvisioning, 1, "joins"), life.Event{Kind: life.Returned, Epoch: 1},
			host(clocker.HostProvisioning, 1, "joins"), life.Nothing},
		{"silent before it reconciled", host(clocker.HostProvisioning, 1, "joins"), life.Event{Kind: life.Failing, Epoch: 1},
			host(clocker.HostProvisioning, 1, "joins"), life.Nothing},
		{"a host that is gone stays gone", host(clocker.HostGoneState, 4, ""), life.Event{Kind: life.Registered},
			host(clocker.HostGoneState, 4, ""), life.Nothing},
		{"a draining host keeps draining", host(clocker.HostDrainingNow, 4, ""), life.Event{Kind: life.Failing, Epoch: 4},
			host(clocker.HostDrainingNow, 4, ""), life.Nothing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to, out := tt.from.Next(tt.event)
			if to != tt.to || out != tt.out {
				t.Errorf("Next = %+v, %v; want %+v, %v", to, out, tt.to, tt.out)
			}
		})
	}
}

// Whatever comes in whatever order: facts take turns, the epoch never falls, and a host is ready only once its agent
// has reconciled the epoch it is in.
func TestAnyLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := life.Host{State: clocker.HostRequested}
		ready, reconciled := false, int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			e := life.Event{
				Kind:  rapid.SampledFrom([]life.Kind{life.Registered, life.Reconciled, life.Failing, life.Returned}).Draw(t, "kind"),
				Epoch: rapid.Int64Range(0, h.Epoch+1).Draw(t, "epoch"),
			}
			if e.Kind == life.Reconciled && e.Epoch == h.Epoch {
				reconciled = h.Epoch
			}
			next, out := h.Next(e)
			if next.Epoch < h.Epoch {
				t.Fatalf("epoch fell from %d to %d", h.Epoch, next.Epoch)
			}
			if out == life.Ready && ready || out == life.Suspected && !ready {
				t.Fatalf("%+v on %+v states %v, ready was %v", h, e, out, ready)
			}
			if out != life.Nothing {
				ready = out == life.Ready
			}
			if ready != (next.State == clocker.HostReadyState) {
				t.Fatalf("host is %s, last fact says ready=%v", next.State, ready)
			}
			if ready && reconciled != next.Epoch {
				t.Fatalf("ready in epoch %d, reconciled %d", next.Epoch, reconciled)
			}
			h = next
		}
	})
}

const suspectAfter = 3 * time.Second

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	ready := life.Host{State: clocker.HostReadyState, Epoch: 2}
	suspect := life.Host{State: clocker.HostSuspect, Epoch: 2, Reason: "its agent is silent"}
	for _, tt := range []struct {
		name    string
		host    life.Host
		sign    life.Sign
		trusted time.Time
		want    life.Kind // empty for no event
		reason  string
	}{
		{"beats", ready, life.Sign{At: ago(time.Second)}, ago(time.Hour), "", ""},
		{"silent", ready, life.Sign{At: ago(suspectAfter)}, ago(time.Hour), life.Failing, "silent"},
		{"never heard", ready, life.Sign{}, ago(suspectAfter), life.Failing, "silent"},
		{"silent, but we were away", ready, life.Sign{At: ago(time.Hour)}, ago(2 * time.Second), "", ""},
		{"the Engine is down", ready, life.Sign{At: ago(0), EngineDown: true}, ago(0), life.Failing, "Docker Engine"},
		{"returns", suspect, life.Sign{At: ago(0)}, ago(time.Hour), life.Returned, ""},
		{"still silent", suspect, life.Sign{At: ago(time.Hour)}, ago(time.Hour), "", ""},
		{"back, but without an Engine", suspect, life.Sign{At: ago(0), EngineDown: true}, ago(time.Hour), life.Failing, "Docker Engine"},
		{"suspect from before we were here, not heard yet", suspect, life.Sign{}, ago(time.Second), "", ""},
		{"on its way", life.Host{State: clocker.HostProvisioning, Epoch: 2}, life.Sign{}, ago(time.Hour), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, ok := life.Judge(tt.host, tt.sign, tt.trusted, now, suspectAfter)
			if e.Kind != tt.want || ok != (tt.want != "") || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("Judge = %+v, %v; want %q, reason with %q", e, ok, tt.want, tt.reason)
			}
		})
	}
}

func TestUsurped(t *testing.T) {
	t.Parallel()
	now := time.Now()
	fresh, old := life.Sign{At: now.Add(-time.Second)}, life.Sign{At: now.Add(-time.Minute)}
	for _, tt := range []struct {
		name            string
		present, engine string
		sign            life.Sign
		want            bool
	}{
		{"the same machine", "E1", "E1", fresh, false},
		{"another machine while the first beats", "E1", "E2", fresh, true},
		{"another machine after the first fell silent", "E1", "E2", old, false},
		{"the first was never heard", "E1", "E2", life.Sign{}, false},
		{"nobody registered yet", "", "E2", fresh, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := life.Usurped("alpha", tt.present, tt.engine, tt.sign, now, suspectAfter)
			if (got != "") != tt.want || (tt.want && !strings.Contains(got, "CLOCKER_HOST")) {
				t.Errorf("Usurped = %q, want a refusal: %v", got, tt.want)
			}
		})
	}
}
