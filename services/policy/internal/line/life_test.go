package line_test

import (
	"testing"

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
