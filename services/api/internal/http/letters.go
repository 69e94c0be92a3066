package http

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const (
	retryMost = 1000             // dead letters that one request may have tried again
	retryTime = 40 * time.Second // for all of them, well below writeTimeout
	orderTime = 20 * time.Second // for one order to a service
)

// Services asks another service something on a core NATS subject and waits for its answer; bus.Conn is one.
type Services interface {
	Request(ctx context.Context, subject string, v, reply any) error
}

func lettersOf(c echo.Context) store.LetterFilter {
	topic := asked(c, "type")
	if t, ok := events.TopicOf(topic); ok {
		topic = t
	}
	return store.LetterFilter{Consumer: asked(c, "consumer"), Topic: topic, Application: asked(c, "application")}
}

func (s *Server) listDeadLetters(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.DeadLetter], error) {
		return r.DeadLetters(ctx, lettersOf(c), p)
	})
}

func (s *Server) getDeadLetter(c echo.Context) error {
	number, err := numberOf(c.Param("number"))
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.DeadLetterDetail, error) {
		return r.DeadLetter(ctx, c.Param("consumer"), number)
	})
}

func numberOf(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, invalid("%q is no number of an event", text)
	}
	return n, nil
}

// retryDeadLetter has the service handle the event once more, and answers when it has.
func (s *Server) retryDeadLetter(c echo.Context) error {
	return s.settle(c, clocker.LetterRetry, events.LetterRetried)
}

// dropDeadLetter gives a dead letter up.
func (s *Server) dropDeadLetter(c echo.Context) error {
	return s.settle(c, clocker.LetterDrop, events.LetterDropped)
}

func (s *Server) settle(c echo.Context, action, outcome string) error {
	number, err := numberOf(c.Param("number"))
	if err != nil {
		return err
	}
	consumer, by := c.Param("consumer"), callerOf(c).String()
	return s.onceElsewhere(c, nil, func(ctx context.Context) (any, error) {
		// Only a service that has the letter is asked: the name becomes a part of a subject.
		err := s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
			_, err := r.DeadLetter(ctx, consumer, number)
			return err
		})
		if err != nil {
			return nil, err
		}
		reply, err := s.order(ctx, consumer, clocker.LetterOrder{Action: action, Numbers: []int64{number}, By: by})
		if err != nil {
			return nil, err
		}
		if f, failed := reply.Failed[number]; failed {
			return nil, failure(f)
		}
		return view.Settled{Consumer: consumer, Number: number, Outcome: outcome}, nil
	})
}

func failure(f clocker.LetterFailure) error {
	if f.Code == "" {
		return fmt.Errorf("a service could not settle a dead letter: %s", f.Message)
	}
	return &clocker.Error{Code: f.Code, Message: f.Message}
}

// order has a service act on its dead letters.
func (s *Server) order(ctx context.Context, consumer string, o clocker.LetterOrder) (clocker.LetterReply, error) {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	var reply clocker.LetterReply
	err := s.cfg.Services.Request(ctx, clocker.SubjectLetter+consumer, o, &reply)
	if clocker.CodeOf(err) == clocker.Unavailable {
		return reply, &clocker.Error{Code: clocker.Unavailable, Err: err,
			Message: fmt.Sprintf("the service %s does not answer; its dead letters stay until it does", consumer)}
	}
	return reply, err
}

// retryDeadLetters tries every dead letter that {"consumer", "type", "application"} names, all when it names none, and
// says how it went. What is more than one request may take is left for the next.
func (s *Server) retryDeadLetters(c echo.Context) error {
	f, err := lettersAsked(c)
	if err != nil {
		return err
	}
	by := callerOf(c).String()
	asked := [][]byte{[]byte(f.Consumer), []byte(f.Topic), []byte(f.Application)}
	return s.onceElsewhere(c, asked, func(ctx context.Context) (any, error) { return s.retryAll(ctx, f, by) })
}

func (s *Server) retryAll(whole context.Context, f store.LetterFilter, by string) (any, error) {
	ctx, cancel := context.WithTimeout(whole, retryTime)
	defer cancel()
	all := view.SettledAll{Failed: []view.StillDead{}}
	for page := (store.Page{Limit: clocker.LettersAtOnce}); all.Retried+len(all.Failed) < retryMost && ctx.Err() == nil; {
		var letters view.Page[view.DeadLetter]
		err := s.store.Read(ctx, func(ctx context.Context, r *store.Reader) (err error) {
			letters, err = r.DeadLetters(ctx, f, page)
			return err
		})
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if err := s.retryPage(ctx, letters.Items, by, &all); err != nil {
			return nil, err
		}
		if page.Cursor = letters.NextCursor; page.Cursor == "" && ctx.Err() == nil {
			return all, nil
		}
	}
	err := s.store.Read(whole, func(ctx context.Context, r *store.Reader) error {
		n, err := r.CountDeadLetters(ctx, f)
		all.Left = max(n-len(all.Failed), 0)
		return err
	})
	return all, err
}

// retryPage has each service try its own of some letters. A service that does not answer does not stop the others.
func (s *Server) retryPage(ctx context.Context, letters []view.DeadLetter, by string, all *view.SettledAll) error {
	numbers := map[string][]int64{}
	for _, l := range letters {
		numbers[l.Consumer] = append(numbers[l.Consumer], l.Number)
	}
	for consumer, list := range numbers {
		reply, err := s.order(ctx, consumer, clocker.LetterOrder{Action: clocker.LetterRetry, Numbers: list, By: by})
		if err != nil && clocker.CodeOf(err) == "" {
			return err
		}
		for _, n := range list {
			reason := ""
			if err != nil {
				reason = problemOf(err).Detail
			}
			if f, failed := reply.Failed[n]; failed {
				reason = f.Message
			}
			if reason == "" {
				all.Retried++
				continue
			}
			all.Failed = append(all.Failed, view.StillDead{Consumer: consumer, Number: n, Reason: reason})
		}
	}
	return nil
}

func lettersAsked(c echo.Context) (f store.LetterFilter, err error) {
	var consumer, topic, application json.RawMessage
	if err := decode(c, map[string]*json.RawMessage{"consumer": &consumer, "type": &topic, "application": &application}); err != nil {
		return f, err
	}
	for field, to := range map[string]struct {
		raw  json.RawMessage
		text *string
	}{"consumer": {consumer, &f.Consumer}, "type": {topic, &f.Topic}, "application": {application, &f.Application}} {
		if len(to.raw) > 0 && json.Unmarshal(to.raw, to.text) != nil {
			return f, wrong(field, "must be a text")
		}
	}
	if t, ok := events.TopicOf(f.Topic); ok {
		f.Topic = t
	}
	return f, nil
}
