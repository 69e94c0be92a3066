package policy

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/push"
)

// onAsk answers an agent: a page of its assignments, or which of the identities that it names are gone.
func (p *policy) onAsk(ctx context.Context, subject string, a clocker.Ask) (any, error) {
	if a.Kind != clocker.AskRun && a.Kind != clocker.AskOwners {
		return nil, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, a.Host); err != nil {
		return nil, err
	}
	if a.Kind == clocker.AskOwners {
		return p.gone(ctx, a)
	}
	return p.assigned(ctx, a)
}

// assigned is a page of the assignments of a host. What a complete snapshot lacks the agent removes, so only the agent of
// the current epoch gets one, and only an answer that holds everything says that it is complete.
func (p *policy) assigned(ctx context.Context, a clocker.Ask) (clocker.RunWant, error) {
	var at clocker.Page
	if a.Page != nil {
		at = *a.Page
	}
	w, err := p.reader.Run(ctx, a.Host, at.After, push.PageSize)
	if err != nil {
		return clocker.RunWant{}, err
	}
	if a.Epoch != w.Epoch {
		return clocker.RunWant{}, over(a, w.Epoch)
	}
	w.Complete = at.After == 0 && w.Next == nil
	if a.Page != nil {
		return w, nil
	}
	if !w.Complete {
		return clocker.RunWant{}, a.TooOld()
	}
	w.Owners, err = p.reader.Owners(ctx)
	return w, err
}

// gone says which identities no container has any more. It names those, and not the others: an answer that says nothing
// removes no volume.
func (p *policy) gone(ctx context.Context, a clocker.Ask) (clocker.OwnersGone, error) {
	if len(a.Owners) > clocker.OwnersMost {
		return clocker.OwnersGone{}, &clocker.Error{Code: clocker.Invalid,
			Message: fmt.Sprintf("host %s asks about %d identities, and at most %d are told of at once", a.Host, len(a.Owners), clocker.OwnersMost)}
	}
	gone, epoch, err := p.reader.Gone(ctx, a.Host, a.Owners)
	if err == nil && epoch != a.Epoch {
		err = over(a, epoch)
	}
	if err != nil {
		return clocker.OwnersGone{}, err
	}
	return clocker.OwnersGone{Gone: gone}, nil
}

// over refuses the agent of an epoch that is not the current one.
func over(a clocker.Ask, current int64) error {
	return &clocker.Error{Code: clocker.Conflict,
		Message: fmt.Sprintf("epoch %d of host %s is not its current one, %d", a.Epoch, a.Host, current)}
}

// onBeat sees from a heartbeat whether a push was missed.
func (p *policy) onBeat(_ context.Context, subject string, b clocker.Beat) {
	if clocker.SpokenBy(subject, b.Host) == nil {
		p.pusher.Beat(b)
	}
}
