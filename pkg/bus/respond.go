package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// atOnce bounds how many requests of one responder are answered at the same time.
const atOnce = 32

// ErrNotMine is what a responder returns for a request that another service answers: it stays silent.
var ErrNotMine = errors.New("another service answers this")

// Responder answers requests, or listens to messages, on a subject. A queue group, when set, shares them out among the
// processes of one service.
type Responder struct {
	Subject string
	Queue   string
	run     func(ctx context.Context, c *Conn, m *nats.Msg)
	ordered bool
	most    int // requests answered at a time; 0 is atOnce
}

// AtMost is the responder with another bound on how many requests it answers at the same time, for one whose answers wait
// for something else than its own work.
func (r Responder) AtMost(n int) Responder {
	r.most = n
	return r
}

// Respond makes a responder of a function from request to answer. Requests are answered concurrently, at most 32 at a
// time unless AtMost says otherwise. A *clocker.Error reaches the asker as it is, another error as code internal.
func Respond[Req, Res any](subject, queue string, fn func(ctx context.Context, subject string, req Req) (Res, error)) Responder {
	return Responder{Subject: subject, Queue: queue, run: func(ctx context.Context, c *Conn, m *nats.Msg) {
		var req Req
		var res Res
		err := json.Unmarshal(m.Data, &req)
		if err != nil {
			err = &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("request on %s: %v", m.Subject, err)}
		} else {
			res, err = fn(ctx, m.Subject, req)
		}
		switch {
		case errors.Is(err, ErrNotMine):
			return
		case err != nil:
			c.refuse(m, err)
			return
		}
		data, err := json.Marshal(res)
		if err != nil {
			c.refuse(m, fmt.Errorf("encode answer: %w", err))
			return
		}
		_ = m.Respond(data) // an answer that is lost is asked for again
	}}
}

// refuse answers with an error; the asker tries again or tells its user.
func (c *Conn) refuse(m *nats.Msg, err error) { c.refuseTo(m.Reply, m.Subject, err) }

func (c *Conn) refuseTo(reply, subject string, err error) {
	code := clocker.CodeOf(err)
	if code == "" {
		code = "internal"
		c.log.Error("answer a request", "subject", subject, "reason", err)
	}
	if !rights.IsInbox(reply) {
		return // a message that wants no answer, or wants it where it must not be
	}
	msg := nats.NewMsg(reply)
	msg.Header.Set(headerError, string(code))
	msg.Data = []byte(err.Error())
	_ = c.nc.PublishMsg(msg)
}

// Listen makes a responder of a function that answers nothing. Messages are given one at a time, in order; one that
// cannot be decoded is logged and dropped.
func Listen[M any](subject, queue string, fn func(ctx context.Context, subject string, m M)) Responder {
	return Responder{Subject: subject, Queue: queue, ordered: true, run: func(ctx context.Context, c *Conn, m *nats.Msg) {
		var v M
		if err := json.Unmarshal(m.Data, &v); err != nil {
			c.log.Warn("drop a message", "subject", m.Subject, "reason", err)
			return
		}
		fn(ctx, m.Subject, v)
	}}
}

// RespondStream makes a responder whose answer is a stream of chunks. send waits until the reader has taken the chunk
// and fails when it is gone; ctx ends then too.
func RespondStream[Req any](subject string, fn func(ctx context.Context, subject string, req Req, send func(v any) error) error) Responder {
	return Responder{Subject: subject, run: func(ctx context.Context, c *Conn, m *nats.Msg) {
		var req Req
		if err := json.Unmarshal(m.Data, &req); err != nil {
			c.refuse(m, &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("request on %s: %v", m.Subject, err)})
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s := &sender{conn: c, to: m.Reply}
		go s.beat(ctx, cancel)
		s.end(m.Subject, fn(ctx, m.Subject, req, func(v any) error { return s.send(ctx, v) }))
	}}
}

// errLeft ends a stream whose reader has enough: that is no fault.
var errLeft = errors.New("reader has enough")

// sender is the sending side of a stream.
type sender struct {
	conn *Conn
	mu   sync.Mutex // one chunk or beat at a time
	to   string     // where the reader wants the next one
}

func (s *sender) send(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode chunk: %w", err)
	}
	return s.deliver(ctx, &nats.Msg{Data: data})
}

// end says that this was all, or why there is no more; a reader that left is told nothing.
func (s *sender) end(subject string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, errLeft) {
		return
	}
	if err != nil {
		s.conn.refuseTo(s.to, subject, err)
		return
	}
	end := nats.NewMsg(s.to)
	end.Header.Set(headerEnd, "1")
	_ = s.conn.nc.PublishMsg(end)
}

func (s *sender) deliver(ctx context.Context, m *nats.Msg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Subject = s.to
	wait, cancel := context.WithTimeout(ctx, streamSilence)
	defer cancel()
	taken, err := s.conn.nc.RequestMsgWithContext(wait, m)
	if err != nil {
		return fmt.Errorf("reader is gone: %w", err)
	}
	if taken.Header.Get(headerEnd) != "" {
		return errLeft
	}
	s.to = taken.Reply
	return nil
}

// beat shows the reader that the stream lives, and ends it when the reader does not.
func (s *sender) beat(ctx context.Context, cancel context.CancelFunc) {
	tick := time.NewTicker(streamBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m := nats.NewMsg("")
		m.Header.Set(headerBeat, "1")
		if err := s.deliver(ctx, m); err != nil {
			cancel()
			return
		}
	}
}

// guarded runs the responder on one message. A panic is that message's own: the process and other messages go on.
func (r Responder) guarded(ctx context.Context, c *Conn, m *nats.Msg) {
	defer func() {
		if v := recover(); v != nil {
			c.refuse(m, &panicked{value: v, stack: string(debug.Stack())})
		}
	}()
	r.run(ctx, c, m)
}

// misused says what is wrong with a message that its sender has had delivered by another. NATS does not check whether
// who asks may publish on the subject that he wants the answer on: it must be an inbox, or we would publish there for
// him; and an event, which JetStream delivers wherever it is asked to, is a message to nobody.
func (r Responder) misused(m *nats.Msg) string {
	switch {
	case m.Header.Get(headerSpec) != "" && !strings.HasPrefix(r.Subject, events.SubjectRoot):
		return "it is an event"
	case !r.ordered && !rights.IsInbox(m.Reply):
		return "it wants its answer where no inbox is"
	}
	return ""
}

// Serve subscribes the responder until ctx ends. What is being answered, or listened to, then is waited for, and nothing is
// begun any more: its service closes what it works with.
func (r Responder) Serve(ctx context.Context, c *Conn) error {
	var begin sync.Mutex // over ended, and over what is begun
	ended := false
	var running sync.WaitGroup
	slots := make(chan struct{}, cmp.Or(r.most, atOnce))
	handle := func(m *nats.Msg) {
		if reason := r.misused(m); reason != "" {
			c.log.Error("drop a message", "subject", r.Subject, "reason", reason, "sent as", m.Subject, "reply", m.Reply)
			return
		}
		if !r.ordered {
			slots <- struct{}{}
		}
		begin.Lock()
		defer begin.Unlock()
		switch {
		case ended:
		case r.ordered:
			r.guarded(ctx, c, m)
		default:
			running.Go(func() {
				defer func() { <-slots }()
				r.guarded(ctx, c, m)
			})
		}
	}
	var sub *nats.Subscription
	var err error
	if r.Queue == "" {
		sub, err = c.nc.Subscribe(r.Subject, handle)
	} else {
		sub, err = c.nc.QueueSubscribe(r.Subject, r.Queue, handle)
	}
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", r.Subject, err)
	}
	<-ctx.Done()
	_ = sub.Unsubscribe()
	begin.Lock()
	ended = true
	begin.Unlock()
	running.Wait()
	return ctx.Err()
}
