package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const ndjson = "application/x-ndjson"

// LogLine is a chunk of output in NDJSON; a stream that broke ends with one that has Error.
type LogLine struct {
	Stream string `json:"stream,omitempty"`
	Data   string `json:"data,omitempty"`
	Error  string `json:"error,omitempty"`
}

// containerLogs streams a container's output from its host, as text or as NDJSON.
func (s *Server) containerLogs(c echo.Context) error {
	req, of, err := s.logsRequest(c)
	if err != nil {
		return err
	}
	ctx, cancel := s.streamContext(c)
	defer cancel()
	lines := accepts(c, ndjson)
	kind := echo.MIMETextPlainCharsetUTF8
	if lines {
		kind = ndjson
	}
	out := s.newStream(c, kind)
	err = s.cfg.Logs.RequestStream(ctx, clocker.SubjectDo+of.Host+".logs", req, func(data []byte) error {
		var chunk clocker.LogsChunk
		if err := json.Unmarshal(data, &chunk); err != nil {
			return err
		}
		var text bytes.Buffer // all of it is one write
		encode := json.NewEncoder(&text)
		for c := range chunk.All() {
			if !lines {
				text.Write(c.Data)
			} else if err := encode.Encode(LogLine{Stream: c.Stream, Data: string(c.Data)}); err != nil {
				return err
			}
		}
		return out.write(text.Bytes())
	})
	switch {
	case err == nil:
		return out.flush() // also when there was no output
	case ctx.Err() != nil:
		return nil // the reader left, or this process ends
	case !out.begun && clocker.CodeOf(err) == clocker.Unavailable:
		return &clocker.Error{Code: clocker.Unavailable, Message: "the agent of host " + of.Host + " does not answer", Err: err}
	case !out.begun:
		return unstarted(of, err)
	case lines:
		return out.line(LogLine{Error: err.Error()})
	default:
		return out.cut() // the only way to tell a reader of text that more was to come
	}
}

func (s *Server) logsRequest(c echo.Context) (req clocker.LogsRequest, of view.Container, err error) {
	if req, err = s.logsQuery(c); err != nil {
		return req, of, err
	}
	found, err := s.runs(c)
	if err != nil {
		return req, of, err
	}
	req.Container = identity(found.Container)
	return req, found.Container, nil
}

// unstarted says of a container that its host does not know yet how far it has come.
func unstarted(c view.Container, err error) error {
	if clocker.CodeOf(err) != clocker.NotFound || c.StartedAt != nil {
		return err
	}
	return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf(
		"the container %s is %s and has not run yet; its explain says what it waits for", c.Container, c.State)}
}

// logsQuery reads what of the output is wanted.
func (s *Server) logsQuery(c echo.Context) (req clocker.LogsRequest, err error) {
	req.Many = true
	if req.Follow, err = boolean(c, "follow", false); err != nil {
		return req, err
	}
	if text := asked(c, "tail"); text != "" && text != "all" {
		if req.Tail, err = strconv.Atoi(text); err != nil || req.Tail < 0 {
			return req, wrong("tail", "must be a number of lines, or all")
		}
	}
	if req.Since, req.Nanos, err = sinceOf(asked(c, "since"), s.cfg.Now()); err != nil {
		return req, err
	}
	return req, nil
}

// runs finds the container of the path, which must have come to a host.
func (s *Server) runs(c echo.Context) (found store.Found, err error) {
	ordinal, err := ordinalOf(c.Param("ordinal"))
	if err != nil {
		return found, err
	}
	err = s.store.Read(c.Request().Context(), func(ctx context.Context, r *store.Reader) (err error) {
		found, err = r.Container(ctx, c.Param("app"), c.Param("entity"), ordinal)
		return err
	})
	if err == nil && (found.Host == "" || found.Generation == 0) {
		err = &clocker.Error{Code: clocker.Conflict, Message: "the container " + found.Container.Container +
			" has not run yet; its explain says what it waits for"}
	}
	return found, err
}

// identity is who a container is for the agent of its host.
func identity(c view.Container) clocker.Container {
	return clocker.Container{Application: c.Application, UID: c.UID, Entity: c.Entity, Ordinal: c.Ordinal, Generation: c.Generation}
}

// sinceOf reads a time: RFC 3339, Unix seconds, or how long ago, such as 10m. Empty is from the start.
func sinceOf(text string, now time.Time) (seconds, nanos int64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return n, 0, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		seconds, nanos = fromEpoch(t)
		return seconds, nanos, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		seconds, nanos = fromEpoch(now.Add(-d))
		return seconds, nanos, nil
	}
	return 0, 0, wrong("since", "must be a time such as 2026-01-02T15:04:05Z, Unix seconds, or how long ago, such as 10m")
}

// fromEpoch is a time as an agent takes it; nothing was printed before 1970.
func fromEpoch(t time.Time) (seconds, nanos int64) {
	if t.Unix() < 0 {
		return 0, 0
	}
	return t.Unix(), int64(t.Nanosecond())
}

// accepts reports whether a request asks for a media type by name.
func accepts(c echo.Context, kind string) bool {
	for word := range strings.SplitSeq(strings.Join(c.Request().Header.Values(echo.HeaderAccept), ","), ",") {
		asked, params, err := mime.ParseMediaType(word)
		if q, notOne := strconv.ParseFloat(params["q"], 64); err == nil && asked == kind && (notOne != nil || q > 0) {
			return true
		}
	}
	return false
}
