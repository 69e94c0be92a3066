package policy

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
)

// onAsk answers an agent with all assignments of its host. What a complete answer lacks the agent removes, so only the
// agent of the current epoch gets one.
func (p *policy) onAsk(ctx context.Context, subject string, a clocker.Ask) (clocker.RunWant, error) {
	if a.Kind != clocker.AskRun {
		return clocker.RunWant{}, bus.ErrNotMine
	}
	if err := spokenBy(subject, clocker.SubjectAsk, a.Host); err != nil {
		return clocker.RunWant{}, err
	}
	w, err := p.reader.Run(ctx, a.Host, 0, true)
	if err != nil {
		return clocker.RunWant{}, err
	}
	if a.Epoch != w.Epoch {
		return clocker.RunWant{}, &clocker.Error{Code: clocker.Conflict,
			Message: fmt.Sprintf("epoch %d of host %s is not its current one, %d", a.Epoch, a.Host, w.Epoch)}
	}
	return w, nil
}

// onBeat sees from a heartbeat whether a push was missed.
func (p *policy) onBeat(_ context.Context, subject string, b clocker.Beat) {
	if spokenBy(subject, clocker.SubjectBeat, b.Host) == nil {
		p.pusher.Beat(b)
	}
}
