package http

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"clocker.io/services/api/internal/tail"

	"github.com/labstack/echo/v4"
)

// slowReader is how long a reader of a stream may take for one write before it is cut; a stream of events is resumed
// where it was, by its last number. writeAtOnce bounds a write, so that a long but living line is not taken for slow.
const (
	slowReader  = 10 * time.Second
	writeAtOnce = 64 << 10
)

// stream writes an answer of no known length, each write sent at once. Nothing is written before the first.
type stream struct {
	c     echo.Context
	ctl   *http.ResponseController
	kind  string
	slow  time.Duration
	begun bool
}

// newStream lifts the limit on reading the request at once: past it, the wait for the first write would end as well.
func (s *Server) newStream(c echo.Context, kind string) *stream {
	out := &stream{c: c, ctl: http.NewResponseController(c.Response()), kind: kind, slow: s.slow}
	_ = out.ctl.SetReadDeadline(time.Time{}) // a connection without deadlines (a test's recorder) has none to lift
	return out
}

// streamContext ends with the request, when the process is asked to end, and when the caller's token is taken no more.
func (s *Server) streamContext(c echo.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.Request().Context())
	stop := context.AfterFunc(s.streams, cancel)
	done := s.sessions.begin(callerOf(c).ID, cancel)
	return ctx, func() { done(); stop(); cancel() }
}

func (s *stream) write(data []byte) error {
	s.begin()
	for part := range slices.Chunk(data, writeAtOnce) {
		// A connection without deadlines (a test's recorder) keeps its own.
		_ = s.ctl.SetWriteDeadline(time.Now().Add(s.slow))
		if _, err := s.c.Response().Write(part); err != nil {
			return err
		}
		if err := s.ctl.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) begin() {
	if s.begun {
		return
	}
	s.begun = true
	h := s.c.Response().Header()
	h.Set(echo.HeaderContentType, s.kind)
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no")
	s.c.Response().WriteHeader(http.StatusOK)
}

// flush begins the answer, if nothing was written, and sends what there is.
func (s *stream) flush() error {
	s.begin()
	_ = s.ctl.SetWriteDeadline(time.Now().Add(s.slow))
	return s.ctl.Flush()
}

// cut closes the connection in the middle of the answer, so that it is not taken for whole.
func (s *stream) cut() error {
	conn, _, err := s.ctl.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 shares its connection; this ends the one stream
	}
	return conn.Close()
}

// line writes a value as a line of JSON.
func (s *stream) line(v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	return s.write(b.Bytes())
}

// sink writes values as lines of JSON, many at once while they are at hand.
func (s *stream) sink() tail.Sink {
	var b bytes.Buffer
	rest := func() error {
		if b.Len() == 0 {
			return nil
		}
		defer b.Reset()
		return s.write(b.Bytes())
	}
	encode := json.NewEncoder(&b)
	return tail.Sink{Rest: rest, Line: func(l tail.Line) error {
		if err := encode.Encode(l.Data); err != nil {
			return err
		}
		if b.Len() < writeAtOnce {
			return nil
		}
		return rest()
	}}
}
