package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// paged is a control plane that tells a host of three containers, one on a page, and loses a page when told to.
type paged struct {
	epoch int64
	lost  int64 // the page that begins after this revision
}

func (p *paged) Publish(string, any) error { return nil }

func (p *paged) Request(_ context.Context, _ string, v, reply any) error {
	a := v.(clocker.Ask)
	switch r := reply.(type) {
	case *clocker.RunWant:
		if a.Page.After == p.lost {
			return errors.New("lost")
		}
		c := clocker.Container{UID: "u1", Entity: "web", Ordinal: int(a.Page.After), Generation: 1}
		*r = clocker.RunWant{Host: "h", Epoch: p.epoch, Previous: a.Page.After, Revision: a.Page.After + 1,
			Assignments: []clocker.Assignment{{Container: c, Revision: a.Page.After + 1}}}
		if r.Revision < 3 {
			r.Next = &clocker.Page{After: r.Revision}
		}
	case *clocker.ImageWant:
		*r = clocker.ImageWant{Host: "h", Epoch: p.epoch, Complete: true}
	case *clocker.NetworkSnapshot:
		*r = clocker.NetworkSnapshot{Host: "h"}
	}
	return nil
}

// idle is who keeps things, and is told of nothing that matters here.
type idle struct{ Containers }

func (idle) Wake(...string)               {}
func (idle) WakeNetworks(...string)       {}
func (idle) Check(...string)              {}
func (idle) Leave(string, string, string) {}

// What is on the pages that did arrive is neither kept nor compared with what runs, until all of them have.
func TestNothingActsOnASnapshotOfWhichAPageIsMissing(t *testing.T) {
	t.Parallel()
	kept := memory.New(t.TempDir(), "h")
	if err := kept.Load(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	if err := kept.SetEpoch(3, "engine"); err != nil {
		t.Fatal(err)
	}
	control := &paged{epoch: 3}
	l := New(Config{Host: "h", Control: control, Memory: kept, Containers: idle{}, Networks: idle{}, Images: idle{}, Log: slog.New(slog.DiscardHandler)})
	runs := plan.Listing{Containers: []plan.Observed{{EngineID: "1", Name: "clk-shop-web-9-g1", ID: "u1/web/9@1"}}}
	for _, lost := range []int64{0, 1, 2} {
		control.lost = lost
		s, err := l.snapshots(t.Context())
		if got := fmt.Sprint(s.Run != nil, kept.Run().Revision, len(kept.Run().Assignments), len(plan.Orphans(runs, s).Containers)); err == nil || got != "false 0 0 0" {
			t.Errorf("without the page after %d: %s, %v", lost, got, err)
		}
	}
	control.lost = -1
	s, err := l.snapshots(t.Context())
	if got := fmt.Sprint(s.Run != nil, kept.Run().Revision, len(kept.Run().Assignments), len(plan.Orphans(runs, s).Containers)); err != nil || got != "true 3 3 1" {
		t.Errorf("with all of them: %s, %v", got, err)
	}
	control.epoch = 4 // whole, and of an epoch that is not ours
	if s, err := l.snapshots(t.Context()); err == nil || s.Run != nil {
		t.Errorf("of another epoch: %+v, %v", s.Run, err)
	}
}
