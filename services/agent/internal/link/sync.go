package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/snapshot"
)

// round asks for complete snapshots, removes what they lack, and says so once per epoch. reconciled is the epoch it was
// last said in.
func (l *Link) round(ctx context.Context, reconciled *int64) error {
	ctx, cancel := context.WithTimeout(ctx, syncTime)
	defer cancel()
	epoch := l.Memory.Epoch()
	// The listing comes first: only what was here before the question can be missing from the answer for good.
	here, err := l.Engine.List(ctx)
	if err != nil {
		return err
	}
	snapshot, asked := l.snapshots(ctx)
	if snapshot.Run != nil {
		snapshot.Gone = l.gone(ctx, plan.Owners(here.Volumes, snapshot.Run))
	}
	removed := l.collect(ctx, plan.Orphans(here, snapshot))
	if *reconciled != epoch {
		l.Containers.Wake(l.assigned()...) // what was reported in another epoch is reported again
		l.Images.Check()
	}
	if err := errors.Join(asked, removed); err != nil {
		return err
	}
	if *reconciled == epoch {
		return nil
	}
	if err := l.Facts(clocker.Fact{Kind: clocker.FactReconciled}); err != nil {
		return err
	}
	*reconciled = epoch
	return nil
}

func (l *Link) assigned() []string {
	var ids []string
	for id := range l.Memory.Run().Assignments {
		ids = append(ids, id)
	}
	return ids
}

// snapshots asks each owner for its complete snapshot and takes it, whole or not at all. A part that did not arrive, or
// was not taken, is not in what it returns. The list of images holds nobody back: an image too many harms no one.
func (l *Link) snapshots(ctx context.Context) (plan.Snapshot, error) {
	var run clocker.RunWant
	var images clocker.ImageWant
	var networks clocker.NetworkSnapshot
	var runErr, imageErr, networkErr error
	known := l.Memory.Networks()
	var asking sync.WaitGroup
	asking.Go(func() { run, runErr = snapshot.Run(pagesOf[clocker.RunWant](ctx, l, clocker.AskRun)) })
	asking.Go(func() { images, imageErr = snapshot.Images(pagesOf[clocker.ImageWant](ctx, l, clocker.AskImages)) })
	asking.Go(func() {
		networks, networkErr = snapshot.Networks(pagesOf[clocker.NetworkSnapshot](ctx, l, clocker.AskNetworks))
	})
	asking.Wait()

	var s plan.Snapshot
	if networkErr == nil && networks.Host == l.Host {
		out, err := l.Memory.TakeNetworks(networks, known)
		l.kept(err)
		l.Networks.Check(out.Changed...)
		l.gates(out)
		s.Networks = &networks
	}
	if runErr == nil && l.takeRun(run) && run.Complete {
		s.Run = &run
	}
	if imageErr == nil && l.takeImages(images) && images.Complete {
		s.Images = &images
	}
	if imageErr != nil {
		l.Log.Warn("image jobs stay as they are", "reason", imageErr)
	}
	err := errors.Join(runErr, networkErr)
	if err == nil && (s.Run == nil || s.Networks == nil) {
		err = errors.New("a snapshot is older than what is known, or of another epoch")
	}
	return s, err
}

// gone asks which owners of volumes are no more. Without an answer the volumes stay: one too many harms nobody.
func (l *Link) gone(ctx context.Context, owners []string) []string {
	var gone []string
	for some := range slices.Chunk(owners, clocker.OwnersMost) {
		var reply clocker.OwnersGone
		if err := l.ask(ctx, clocker.Ask{Kind: clocker.AskOwners, Owners: some}, &reply); err != nil {
			l.Log.Warn("volumes stay as they are", "reason", err)
			break
		}
		gone = append(gone, reply.Gone...)
	}
	return gone
}

// pagesOf asks for the pages of one kind of snapshot. Each is waited for by itself: how long all of them take is a matter
// of what the host holds.
func pagesOf[P any](ctx context.Context, l *Link, kind clocker.AskKind) func(clocker.Page) (P, error) {
	return func(at clocker.Page) (P, error) {
		var p P
		err := l.ask(ctx, clocker.Ask{Kind: kind, Page: &at}, &p)
		if err == nil {
			return p, nil
		}
		if code := clocker.CodeOf(err); code == clocker.Conflict || code == clocker.Denied {
			l.Stale()
		}
		return p, fmt.Errorf("ask for %s: %w", kind, err)
	}
}

// collect removes what no row owns: containers first, since the rest may be in use by them.
func (l *Link) collect(ctx context.Context, o plan.Listing) error {
	if err := l.Containers.Collect(ctx, o.Containers); err != nil {
		return err
	}
	needed := l.Memory.Networks()
	for _, n := range o.Networks {
		if _, ok := needed[n.Owner]; ok {
			continue // told of while the question was under way
		}
		owner := n.Owner
		if owner == "" {
			owner = "unowned:" + n.EngineID
		}
		l.Networks.Leave(owner, n.EngineID, n.Name)
	}
	owners := map[string]bool{}
	for _, a := range l.Memory.Run().Assignments {
		owners[a.Key().String()] = true
	}
	var errs []error
	for _, v := range o.Volumes {
		if !owners[v.Owner] {
			errs = append(errs, l.orphan("volume", v.Name, l.Engine.RemoveVolume(ctx, v.EngineID)))
		}
	}
	jobs := l.Memory.Images().Jobs
	for _, i := range o.Images {
		if _, ok := jobs[i.Owner]; !ok {
			errs = append(errs, l.orphan("image", i.Name, l.Engine.RemoveImage(ctx, i.EngineID)))
		}
	}
	errs = append(errs, l.Memory.ForgetJobs())
	return errors.Join(errs...)
}

// orphan reports a removal. One that the Engine refuses, because somebody uses the thing, is tried again next round.
func (l *Link) orphan(kind, name string, err error) error {
	switch {
	case isRefusal(err):
		l.Log.Info("a thing that nobody owns is in use", "kind", kind, "name", name, "reason", err)
		return nil
	case err != nil:
		return err
	}
	l.Log.Info("removed what nobody owns", "kind", kind, "name", name)
	return l.Facts(clocker.Fact{Kind: clocker.FactOrphan, Orphan: &clocker.Orphan{Kind: kind, Name: name}})
}
