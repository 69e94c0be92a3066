package http

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const headerKey = "Idempotency-Key"

// change does something in a transaction and says what was accepted, with the facts that follow.
type change func(ctx context.Context, s *store.Store) (view.Accepted, []events.Event, error)

// act runs a change that takes time, once; see once.
func (s *Server) act(c echo.Context, body [][]byte, do change) error {
	return s.once(c, body, func(ctx context.Context, st *store.Store) (outcome, []events.Event, error) {
		a, facts, err := do(ctx, st)
		return inTime(a.Operation, a), facts, err
	})
}

// inTime is the answer to what is done in time, as an operation.
func inTime(operation string, body any) outcome {
	return outcome{status: http.StatusAccepted, location: "/v1/operations/" + operation, body: body, keep: body}
}

// outcome is the answer to a change. keep is what a repeated request gets: body, but for what nothing may keep.
type outcome struct {
	status     int
	location   string
	body, keep any
}

// once runs a change once: the idempotency key, the rows, the facts and the kept answer are one transaction. body is
// what the request asks for, apart from method and path.
func (s *Server) once(c echo.Context, body [][]byte, do func(context.Context, *store.Store) (outcome, []events.Event, error)) error {
	key, err := keyOf(c, body)
	if err != nil {
		return err
	}
	var answer store.Answer
	replayed := false
	err = s.store.Change(c.Request().Context(), traceparent(c), func(ctx context.Context, st *store.Store) ([]events.Event, error) {
		kept, err := st.Claim(ctx, key)
		if err != nil {
			return nil, err
		}
		if kept != nil {
			answer, replayed = *kept, true
			return nil, nil
		}
		out, facts, err := do(ctx, st)
		if err != nil {
			return nil, err
		}
		answer = store.Answer{Status: out.status, Location: out.location}
		told := answer
		if told.Body, err = json.Marshal(out.body); err != nil {
			return nil, err
		}
		if answer.Body, err = json.Marshal(out.keep); err != nil {
			return nil, err
		}
		err = st.Keep(ctx, key, answer)
		answer = told
		return facts, err
	})
	if err != nil {
		return err
	}
	return say(c, answer, replayed)
}

// onceElsewhere has another service do something that it does once by itself, and keeps the answer: a repeated request
// gets it instead of hearing that there is nothing left to do. What failed is not kept, and may be tried again.
func (s *Server) onceElsewhere(c echo.Context, body [][]byte, do func(context.Context) (any, error)) error {
	key, err := keyOf(c, body)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	var kept *store.Answer
	err = s.store.Read(ctx, func(ctx context.Context, r *store.Reader) (err error) {
		kept, err = r.Kept(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	if kept != nil {
		return say(c, *kept, true)
	}
	told, err := do(ctx)
	if err != nil {
		return err
	}
	answer := store.Answer{Status: http.StatusOK}
	if answer.Body, err = json.Marshal(told); err != nil {
		return err
	}
	// It is done, whether the caller still waits or not.
	err = s.store.Change(context.WithoutCancel(ctx), traceparent(c), func(ctx context.Context, st *store.Store) ([]events.Event, error) {
		if kept, err = st.Claim(ctx, key); err != nil || kept != nil {
			return nil, err
		}
		return nil, st.Keep(ctx, key, answer)
	})
	if err != nil {
		return err
	}
	if kept != nil { // the same request, at the same time
		return say(c, *kept, true)
	}
	return say(c, answer, false)
}

func say(c echo.Context, a store.Answer, replayed bool) error {
	if a.Location != "" {
		c.Response().Header().Set(echo.HeaderLocation, a.Location)
	}
	if replayed {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	return c.JSONBlob(a.Status, a.Body)
}

// keyOf reads the idempotency key, which is the caller's own, with a fingerprint of method, path and body.
func keyOf(c echo.Context, body [][]byte) (store.Key, error) {
	key := strings.TrimSpace(c.Request().Header.Get(headerKey))
	if len(key) > 255 || strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return store.Key{}, invalid("the Idempotency-Key must be 1 to 255 printable ASCII characters")
	}
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(c.Request().Method), []byte(c.Request().URL.Path)}, body...) {
		_ = binary.Write(h, binary.BigEndian, int64(len(part))) // a hash takes everything
		h.Write(part)
	}
	if key != "" {
		key = callerOf(c).ID + " " + key
	}
	return store.Key{Key: key, Fingerprint: h.Sum(nil)}, nil
}

// newID makes a random id of n letters and digits, which can stand in a subject and in a name of the Engine.
func newID(n int) string {
	var text string
	for len(text) < n {
		text += strings.ToLower(rand.Text())
	}
	return text[:n]
}

func newOperation() string { return "op-" + newID(14) }
