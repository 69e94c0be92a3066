package policy

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/push"
)

// onAsk answers an agent with a page of the assignments of its host. What a complete snapshot lacks the agent removes, so
// only the agent of the current epoch gets one, and only an answer that holds everything says that it is complete.
func (p *policy) onAsk(ctx context.Context, subject string, a clocker.Ask) (clocker.RunWant, error) {
	if a.Kind != clocker.AskRun {
		return clocker.RunWant{}, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, a.Host); err != nil {
		return clocker.RunWant{}, err
	}
	var at clocker.Page
	if a.Page != nil {
		at = *a.Page
	}
	w, err := p.reader.Run(ctx, a.Host, at.After, push.PageSize)
	if err != nil {
		return clocker.RunWant{}, err
	}
	if a.Epoch != w.Epoch {
		return clocker.RunWant{}, &clocker.Error{Code: clocker.Conflict,
			Message: fmt.Sprintf("epoch %d of host %s is not its current one, %d", a.Epoch, a.Host, w.Epoch)}
	}
	w.Complete = at.After == 0 && w.Next == nil
	if a.Page == nil && !w.Complete {
		return clocker.RunWant{}, a.TooOld()
	}
	if w.Next == nil {
		w.Owners, err = p.reader.Owners(ctx)
	}
	return w, err
}

// onBeat sees from a heartbeat whether a push was missed.
func (p *policy) onBeat(_ context.Context, subject string, b clocker.Beat) {
	if clocker.SpokenBy(subject, b.Host) == nil {
		p.pusher.Beat(b)
	}
}
