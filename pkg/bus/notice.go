package bus

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// Notice is what an event says of itself before anybody reads its data.
type Notice struct {
	Number, Cause int64
	Topic         string
	Time          time.Time
}

// Notice has fn called with every event as it is published, one at a time, until ctx ends. Events may be missed while
// the connection is away, and come again: it is for those who watch, not for those who act.
func (c *Conn) Notice(ctx context.Context, fn func(Notice)) error {
	sub, err := c.nc.Subscribe(events.SubjectRoot+">", func(m *nats.Msg) {
		if n, ok := noticeOf(m.Header); ok {
			fn(n)
		}
	})
	if err != nil {
		return fmt.Errorf("subscribe to events: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}

// noticeOf reads the headers of an event; false for what is none.
func noticeOf(h nats.Header) (Notice, bool) {
	var n Notice
	var err error
	if n.Number, err = strconv.ParseInt(h.Get(headerSequence), 10, 64); err != nil {
		return n, false
	}
	if n.Time, err = time.Parse(time.RFC3339Nano, h.Get(headerTime)); err != nil {
		return n, false
	}
	n.Cause, _ = strconv.ParseInt(h.Get(headerCause), 10, 64) // none is 0
	topic, ok := events.TopicOf(h.Get(headerType))
	n.Topic = topic
	return n, ok
}
