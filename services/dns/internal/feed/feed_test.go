package feed_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/dns/internal/feed"
)

// ipam is a fake of it: one network whose revision a test raises.
type ipam struct {
	mu       sync.Mutex
	revision int64
	down     bool
	host     string
	asked    chan struct{} // nil for no wish to know
}

func (i *ipam) update() clocker.NetworkUpdate {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.revision++
	return clocker.NetworkUpdate{Network: clocker.Network{ID: "u1"}, Previous: i.revision - 1, Revision: i.revision,
		Endpoints: []clocker.Endpoint{{Container: clocker.Container{UID: "u1", Entity: "web", Ordinal: int(i.revision)}}}}
}

func (i *ipam) ask(context.Context) (clocker.NetworkSnapshot, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case i.asked <- struct{}{}:
	default:
	}
	if i.down {
		return clocker.NetworkSnapshot{}, errors.New("ipam is away")
	}
	s := clocker.NetworkSnapshot{Host: i.host}
	if i.revision > 0 {
		s.Networks = []clocker.NetworkUpdate{{Network: clocker.Network{ID: "u1"}, Revision: i.revision, Complete: true}}
	}
	return s, nil
}

func (i *ipam) set(fn func(*ipam)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	fn(i)
}

type fixture struct {
	feed    *feed.Feed
	ipam    *ipam
	file    string
	changed chan struct{}
	stop    func()
}

func start(t *testing.T, file string, i *ipam) *fixture {
	t.Helper()
	f := &fixture{ipam: i, file: file, changed: make(chan struct{}, 1)}
	f.feed = feed.New(feed.Config{Host: "localhost", File: file, Ask: i.ask, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Changed: func() {
			select {
			case f.changed <- struct{}{}:
			default:
			}
		}})
	if err := f.feed.Load(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	loops.Go(func() { _ = f.feed.Run(ctx) })
	loops.Go(func() { _ = f.feed.Keep(ctx) })
	f.stop = sync.OnceFunc(func() { cancel(); loops.Wait() })
	t.Cleanup(f.stop)
	return f
}

// reaches waits until the zone has the network at a revision; 0 is without the network.
func (f *fixture) reaches(t *testing.T, revision int64) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		var have int64
		if ns := f.feed.Zone().Snapshot().Networks; len(ns) > 0 {
			have = ns[0].Revision
		}
		if have == revision {
			return
		}
		select {
		case <-f.changed:
		case <-deadline:
			t.Fatalf("the zone is at revision %d, want %d", have, revision)
		}
	}
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "dns", "networks.json") }

func TestFollowsUpdates(t *testing.T) {
	t.Parallel()
	f := start(t, file(t), &ipam{host: "localhost"})
	for range 3 {
		f.feed.Push(f.ipam.update())
	}
	f.reaches(t, 3)
	if f.feed.Age() > time.Minute {
		t.Errorf("age %s after an update", f.feed.Age())
	}
}

func TestAsksWhenAnUpdateIsMissed(t *testing.T) {
	t.Parallel()
	f := start(t, file(t), &ipam{host: "localhost"})
	f.feed.Push(f.ipam.update())
	f.reaches(t, 1)
	f.ipam.update() // lost on the way
	f.feed.Push(f.ipam.update())
	f.reaches(t, 3)
}

func TestAsksAgainWhenAsked(t *testing.T) {
	t.Parallel()
	f := start(t, file(t), &ipam{host: "localhost"})
	f.feed.Push(f.ipam.update())
	f.reaches(t, 1)
	f.ipam.update()
	f.feed.Resync()
	f.reaches(t, 2)
}

func TestSilenceChangesNothing(t *testing.T) {
	t.Parallel()
	path := file(t)
	first := start(t, path, &ipam{host: "localhost"})
	first.feed.Push(first.ipam.update())
	first.reaches(t, 1)
	first.stop()

	for _, tt := range []struct {
		name string
		ipam *ipam
	}{
		{"ipam is away", &ipam{down: true, asked: make(chan struct{}, 100)}},
		{"the answer is about nobody", &ipam{host: "", asked: make(chan struct{}, 100)}},
		{"the answer is about another host", &ipam{host: "mars", asked: make(chan struct{}, 100)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := start(t, path, tt.ipam)
			f.reaches(t, 1) // from disk, before anybody answered
			f.feed.Resync()
			for range 3 {
				select {
				case <-f.ipam.asked:
				case <-time.After(2 * time.Minute):
					t.Fatal("it does not ask again")
				}
			}
			f.reaches(t, 1)
			f.ipam.set(func(i *ipam) { i.down, i.host, i.revision = false, "localhost", 7 })
			f.reaches(t, 7)
			f.ipam.set(func(i *ipam) { i.revision = 0 })
			f.feed.Resync()
			f.reaches(t, 0)
			// As it was, for the next case.
			f.ipam.set(func(i *ipam) { i.revision = 1 })
			f.feed.Resync()
			f.reaches(t, 1)
			f.stop()
		})
	}
}

func TestLoadRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"torn": `{"host":"localh`, "another host's": `{"host":"mars","networks":[]}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "networks.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f := feed.New(feed.Config{Host: "localhost", File: path, Now: time.Now, Changed: func() {}})
			if err := f.Load(); err == nil {
				t.Error("it was loaded")
			}
		})
	}
}
