package forward

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"time"

	"clocker.io/pkg/reconcile"
)

const pollEvery = 5 * time.Second

// Watch takes the upstreams from a resolv.conf and reads it again when it changes; it returns when ctx ends. own says
// which addresses are ours, and may change over time.
func (r *Resolver) Watch(ctx context.Context, path string, own func(netip.Addr) bool) error {
	var text string
	var stamp time.Time
	for {
		// The text is used again on each round all the same: what is ours may have changed.
		if info, err := os.Stat(path); err == nil && !info.ModTime().Equal(stamp) {
			if data, err := os.ReadFile(path); err == nil {
				text, stamp = string(data), info.ModTime()
			}
		}
		if found := Nameservers(text, own); !slices.Equal(found, r.Upstreams()) {
			r.log.Info("upstream resolvers", "file", path, "servers", found)
			r.Use(found)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(pollEvery):
		}
	}
}
