package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/nats-io/nats.go"
)

const (
	headerError = "Clocker-Error" // code of a refusal; the body is its message
	headerEnd   = "Clocker-End"   // last message of a stream
	headerBeat  = "Clocker-Beat"  // the sender of a stream lives

	requestTimeout = 5 * time.Second
	streamBeat     = 5 * time.Second // a stream without chunks beats this often
	streamSilence  = 3 * streamBeat  // and is broken when silent for this long
)

// Request sends v and waits for the answer, at most 5 s when ctx has no deadline. A refusal of the peer is returned as
// its *clocker.Error; nobody there is clocker.Unavailable.
func (c *Conn) Request(ctx context.Context, subject string, v, reply any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode request on %s: %w", subject, err)
	}
	ctx, cancel := within(ctx, requestTimeout)
	defer cancel()
	m, err := c.nc.RequestWithContext(ctx, subject, data)
	if err != nil {
		return unavailable(subject, err)
	}
	if err := refusal(m); err != nil {
		return err
	}
	if err := json.Unmarshal(m.Data, reply); err != nil {
		return fmt.Errorf("decode answer on %s: %w", subject, err)
	}
	return nil
}

// within bounds a wait for an answer by a caller that set no bound itself.
func within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, most)
}

func refusal(m *nats.Msg) error {
	if code := m.Header.Get(headerError); code != "" {
		return &clocker.Error{Code: clocker.Code(code), Message: string(m.Data)}
	}
	return nil
}

// RequestStream sends v and gives each chunk of the answer to each, in order, until its end, an error of either side
// or the end of ctx. The sender waits for each to return. A sender that is gone is noticed within 15 s.
func (c *Conn) RequestStream(ctx context.Context, subject string, v any, each func(data []byte) error) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode request on %s: %w", subject, err)
	}
	inbox := c.nc.NewInbox()
	sub, err := c.nc.SubscribeSync(inbox + ".*")
	if err != nil {
		return unavailable(subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := c.nc.PublishRequest(subject, inbox+".0", data); err != nil {
		return unavailable(subject, err)
	}
	for n := 1; ; n++ {
		m, err := next(ctx, sub)
		if err != nil {
			return err
		}
		if m.Header.Get(headerBeat) == "" {
			done, err := chunk(m, subject, each)
			if done {
				return err
			}
			if err != nil {
				stop := nats.NewMsg(m.Reply)
				stop.Header.Set(headerEnd, "1")
				_ = m.RespondMsg(stop) // lost, the sender finds out by silence
				return err
			}
		}
		// The next chunk goes to a subject of its own: an agent may answer what it was asked, and not for ever.
		if err := m.RespondMsg(&nats.Msg{Reply: inbox + "." + strconv.Itoa(n)}); err != nil {
			return unavailable(subject, err)
		}
	}
}

func next(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	wait, cancel := context.WithTimeout(ctx, streamSilence)
	defer cancel()
	m, err := sub.NextMsgWithContext(wait)
	switch {
	case err == nil:
		return m, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, nats.ErrNoResponders):
		return nil, unavailable(sub.Subject, err)
	}
	return nil, &clocker.Error{Code: clocker.Unavailable, Message: "the stream broke off: its sender is silent"}
}

// chunk handles one message of a stream and says whether it was the last.
func chunk(m *nats.Msg, subject string, each func([]byte) error) (bool, error) {
	if m.Header.Get("Status") == "503" { // nobody listens on the request's subject
		return true, unavailable(subject, nats.ErrNoResponders)
	}
	if err := refusal(m); err != nil {
		return true, err
	}
	if m.Header.Get(headerEnd) != "" {
		return true, nil
	}
	return false, each(m.Data)
}
