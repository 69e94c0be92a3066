package agenttest

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/snapshot"
)

// desired is what control wants of one kind, as last told.
type desired[K comparable, V any] struct {
	epoch    int64 // of the last complete snapshot; 0 before the first
	revision int64
	entries  map[K]V
}

// follows says whether a message is to be applied, or shows a gap.
func (d desired[K, V]) follows(epoch int64, complete bool, previous, revision int64) (take, gap bool) {
	current := d.epoch == epoch
	switch {
	case complete:
		old := current && revision < d.revision
		return !old, old
	case !current || previous > d.revision:
		return false, true
	}
	return revision > d.revision, false
}

// network is one network with its endpoints by address.
type network struct {
	revision  int64
	endpoints map[string]clocker.Endpoint
}

// round asks for complete snapshots and says, once in an epoch, that they are applied.
func (a *Agent) round(ctx context.Context) error {
	a.mu.Lock()
	known := maps.Clone(a.networks)
	was := a.run.epoch
	a.mu.Unlock()
	networks, networkErr := snapshot.Networks(pagesOf[clocker.NetworkSnapshot](ctx, a, clocker.AskNetworks))
	images, imageErr := snapshot.Images(pagesOf[clocker.ImageWant](ctx, a, clocker.AskImages))
	run, runErr := snapshot.Run(pagesOf[clocker.RunWant](ctx, a, clocker.AskRun))
	err := errors.Join(networkErr, imageErr, runErr)
	if err != nil {
		return fmt.Errorf("ask for snapshots: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.takeNetworks(networks, known)
	a.takeImages(images)
	if !a.takeRun(run) {
		return errors.New("the snapshot of assignments is older than what is known, or of another epoch")
	}
	if was != a.epoch {
		a.state(clocker.Fact{Kind: clocker.FactReconciled})
	}
	return nil
}

func pagesOf[P any](ctx context.Context, a *Agent, kind clocker.AskKind) func(clocker.Page) (P, error) {
	return func(at clocker.Page) (p P, err error) {
		err = a.question(ctx, clocker.Ask{Kind: kind, Page: &at}, &p)
		return p, err
	}
}

func (a *Agent) onWant(_ context.Context, _ string, w clocker.Want) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case w.Run != nil:
		a.takeRun(*w.Run)
	case w.Image != nil:
		a.takeImages(*w.Image)
	case w.Host != nil:
		a.joined = false
		a.ask()
	}
}

// mine says whether a message counts in our epoch; one of a later epoch has the agent register again.
func (a *Agent) mine(host string, epoch int64) bool {
	if host == a.cfg.Host && epoch > a.epoch {
		a.joined = false
		a.ask()
	}
	return host == a.cfg.Host && epoch == a.epoch && epoch > 0
}

// takeRun applies assignments and acts on them; the caller holds mu. It says whether they are applied.
func (a *Agent) takeRun(w clocker.RunWant) bool {
	if !a.mine(w.Host, w.Epoch) {
		return false
	}
	take, gap := a.run.follows(a.epoch, w.Complete, w.Previous, w.Revision)
	if gap {
		a.ask()
	}
	if !take {
		return false
	}
	next := map[clocker.Container]clocker.Assignment{}
	if !w.Complete {
		maps.Copy(next, a.run.entries)
	}
	for _, as := range w.Assignments {
		next[as.Container] = as
	}
	a.run = desired[clocker.Container, clocker.Assignment]{epoch: a.epoch, revision: w.Revision, entries: next}
	if w.Complete {
		a.collect()
	}
	a.work()
	return true
}

// takeImages applies image jobs and does them at once; the caller holds mu.
func (a *Agent) takeImages(w clocker.ImageWant) {
	if !a.mine(w.Host, w.Epoch) {
		return
	}
	take, gap := a.images.follows(a.epoch, w.Complete, w.Previous, w.Revision)
	if gap {
		a.ask()
	}
	if !take {
		return
	}
	next := map[string]clocker.ImageJob{}
	if !w.Complete {
		maps.Copy(next, a.images.entries)
	}
	for _, j := range w.Jobs {
		if next[j.Key] = j; j.Removed {
			delete(next, j.Key)
		}
	}
	a.images = desired[string, clocker.ImageJob]{epoch: a.epoch, revision: w.Revision, entries: next}
	a.build()
}

func (a *Agent) onNetwork(_ context.Context, _ string, u clocker.NetworkUpdate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.takeNetwork(u)
	a.work()
}

// takeNetwork applies an update of one network; the caller holds mu.
func (a *Agent) takeNetwork(u clocker.NetworkUpdate) {
	id := u.Network.ID
	known, ok := a.networks[id]
	switch {
	case id == "" || ok && (u.Revision < known.revision || u.Revision == known.revision && !u.Complete):
		return
	case u.Gone:
		delete(a.networks, id)
		return
	case !u.Complete && (!ok || u.Previous > known.revision):
		a.ask()
		return
	}
	next := network{revision: u.Revision, endpoints: map[string]clocker.Endpoint{}}
	if !u.Complete {
		maps.Copy(next.endpoints, known.endpoints)
	}
	for _, e := range u.Endpoints {
		if next.endpoints[e.Address] = e; e.Removed {
			delete(next.endpoints, e.Address)
		}
	}
	a.networks[id] = next
}

// takeNetworks applies a complete snapshot that was asked for when known was known; the caller holds mu.
func (a *Agent) takeNetworks(s clocker.NetworkSnapshot, known map[string]network) {
	if s.Host != a.cfg.Host {
		return
	}
	wanted := map[string]bool{}
	for _, u := range s.Networks {
		wanted[u.Network.ID] = true
		a.takeNetwork(u)
	}
	for id := range known {
		if !wanted[id] {
			delete(a.networks, id)
		}
	}
}
