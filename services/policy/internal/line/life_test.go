package line_test

import (
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/rows"
)

// What comes back before its earlier life is gone waits for that, and knows no address before it is given one: the old one
// may be another's by then.
func TestAnIdentityThatComesBackIsANewLife(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("less", "resize", "shop/web", `{"size":1}`)
	w.Deliver(0)
	w.Ask("more", "resize", "shop/web", `{"size":2}`)
	w.Deliver(0)
	c := m.App.Members("web")[1]
	if c.Phase != rows.Queued || !c.Ended || c.Address != "" || c.Host != "" {
		t.Errorf("comes back as %+v", c)
	}
	w.Settle()
	if c.Phase != rows.Healthy || c.Ended || c.Address == "" || c.Generation != 2 {
		t.Errorf("ends as %+v", c)
	}
}

// One that was to end, failed, and may go on is replaced like any other: that it failed was told while nobody wanted it.
func TestOneThatFailedWhileItWasToEndIsReplacedWhenItGoesOn(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]func(w *linetest.World){
		"a resize": func(w *linetest.World) { w.Ask("more", "resize", "shop/web", `{"size":2}`) },
		"a cancel": func(w *linetest.World) { w.Ask("stop", "cancel", "less", "") },
	} {
		w, m := setup(t, linetest.Shop())
		w.Ask("again", "restart", "shop/web/1", "")
		w.Deliver(0)
		w.Deliver(0) // the next generation has its address, and the one before is not removed yet
		c := m.App.Members("web")[1]
		w.See(c.Container, clocker.Fact{Kind: clocker.FactFailed, ExitCode: 1})
		w.Ask("less", "resize", "shop/web", `{"size":1}`)
		w.Deliver(1)
		w.Deliver(0) // that it failed
		more(w)
		w.Deliver(0)
		if c.Phase != rows.Requested || c.Generation != 3 {
			t.Errorf("after %s it goes on as %+v", name, c)
		}
		w.Settle()
		if !m.App.Healthy || len(m.App.Wanted()) != 3 {
			t.Errorf("after %s: %s", name, m.App.Reason)
		}
	}
}

// One that was to end while its image could not be had, and may go on when it can, starts.
func TestOneWhoseImageComesWhileItWasToEndStartsWhenItGoesOn(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("again", "restart", "shop/web/1", "")
	w.Deliver(0)
	c := m.App.Members("web")[1]
	key := m.App.Spec.Entities[0].Image.Key()
	m.Deliver(100, events.ImageFailed{UID: linetest.UID, Key: key, Reason: "no such image"})
	w.Deliver(0) // the next generation has its address, and the one before is not removed yet
	w.Ask("less", "resize", "shop/web", `{"size":1}`)
	w.Deliver(w.Pending() - 1)
	m.Deliver(101, events.ImageReady{UID: linetest.UID, Key: key, Image: "sha256:1"})
	w.Ask("more", "resize", "shop/web", `{"size":2}`)
	w.Deliver(w.Pending() - 1)
	if c.Phase != rows.Cleared || c.Generation != 2 {
		t.Errorf("it goes on as %+v", c)
	}
	w.Settle()
	if !m.App.Healthy {
		t.Error(m.App.Reason)
	}
}
