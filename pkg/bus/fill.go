package bus

import (
	"context"
	"time"

	"clocker.io/pkg/events"
)

// Fill handles an event that the stream did not bring, as if it had; attempt counts from 1, and since is that of the
// first. One that cannot be handled goes to the dead letters as it would otherwise.
func (c Consumer) Fill(ctx context.Context, r events.Record, attempt int, since time.Time) error {
	d := events.Delivery{Record: r}
	event, err := events.Decode(r.Topic, r.Data)
	if err != nil {
		err = Permanent(err)
	} else {
		d.Event = event
		err = c.do(ctx, []events.Delivery{d})
	}
	if err == nil || ctx.Err() != nil || (!isPermanent(err) && attempt < attemptsMax) {
		return err
	}
	l := LetterOf(err)
	l.Attempts, l.Since = attempt, since
	return c.dead(ctx, d, l)
}
