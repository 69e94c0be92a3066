package embed_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/run/runtest"
)

// A data directory of the time before there were identities, or of others, is taken over: what it kept is in Postgres.
func TestStreamsOfFormerAccountsAreRemovedAndOursStay(t *testing.T) {
	t.Parallel()
	former := "A" + strings.Repeat("B", 55)
	var dir string
	made := func(c *embed.Config) {
		dir = c.Dir
		for _, name := range []string{"$G", former} {
			if err := os.MkdirAll(filepath.Join(dir, "jetstream", name, "streams", "OLD"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := started(t, made)
	sequencer := access.File(s.auth, rights.Sequencer)
	open := func(s *embed.Server) *bus.Stream {
		conn, err := bus.Connect(bus.Options{Name: t.Name(), Credentials: sequencer, InProcess: s})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		runtest.Eventually(t, "connect", func() error { return conn.Ready(t.Context()) })
		return conn.Stream()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // for each answer: the machine may be slow
	defer cancel()
	if err := open(s.Server).Recreate(ctx, 7, 1); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	again, err := embed.Start(embed.Config{Dir: dir, Auth: s.auth})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Stop)
	if state, err := open(again).Open(ctx); err != nil || state.Generation != 7 {
		t.Errorf("our stream: %+v, %v", state, err)
	}
	for _, name := range []string{"$G", former} {
		if _, err := os.Stat(filepath.Join(dir, "jetstream", name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for begin := time.Now(); again.Healthz(nil).Error != ""; { // it may still recover our stream
		if time.Since(begin) > 2*time.Minute {
			t.Fatal(again.Healthz(nil).Error)
		}
	}
}
