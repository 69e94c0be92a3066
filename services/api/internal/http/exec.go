package http

import (
	"context"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/terminal"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
)

const (
	noteTime   = 20 * time.Second // to write down how a command ended
	noteAgain  = time.Second      // between trying
	nameLength = 64               // of a command's name in events
)

// execContainer runs a command in a container, over a WebSocket: what to run comes as its first message and not in the
// address, which logs and proxies keep. That it runs is written down before it does.
func (s *Server) execContainer(c echo.Context) error {
	found, err := s.runs(c)
	if err != nil {
		return err
	}
	if err := wantsExec(c.Request()); err != nil {
		return err
	}
	s.execs.Add(1) // while the server still counts the connection among its own
	defer s.execs.Done()
	ws, err := websocket.Accept(c.Response(), c.Request(), &websocket.AcceptOptions{Subprotocols: []string{clocker.ExecProtocol}})
	if err != nil {
		return nil // it was answered there
	}
	defer func() { _ = ws.CloseNow() }()
	ctx, cancel := s.streamContext(c)
	defer cancel()
	started, code, err := s.carryExec(ctx, c, ws, found)
	s.tellEnd(ctx, ws, code, err)
	if started != nil {
		s.note(c, *started, code, err)
	}
	if !errors.Is(err, terminal.ErrLeft) {
		_ = ws.Close(websocket.StatusNormalClosure, "")
	}
	return nil
}

// carryExec runs what the client says to run until that ends; started is what was written down of it, if it was.
func (s *Server) carryExec(ctx context.Context, c echo.Context, ws *websocket.Conn, found store.Found) (started *events.ExecStarted, code int, err error) {
	what, err := terminal.Start(ctx, ws)
	if err != nil {
		return nil, 0, err
	}
	started = &events.ExecStarted{Container: identity(found.Container), Host: found.Host, Session: newID(20), Command: nameOf(what.Command[0]),
		Terminal: what.Terminal, User: what.User, By: callerOf(c).String()}
	if err := s.state(ctx, c, *started); err != nil {
		return nil, 0, err
	}
	agent := &terminal.Agent{Host: found.Host, Session: started.Session, Request: s.cfg.Services.Request}
	if err = unstarted(found.Container, agent.Open(ctx, started.Container, what)); err == nil {
		code, err = terminal.Carry(ctx, ws, agent)
		if lives := agent.Leave(ctx); lives != "" && err != nil {
			err = &terminal.Lives{Err: err, Why: lives}
		}
	}
	return started, code, err
}

// wantsExec refuses what is no WebSocket of our protocol.
func wantsExec(r *http.Request) error {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return refuse(http.StatusUpgradeRequired, clocker.UpgradeRequired, "this is a WebSocket with the subprotocol "+clocker.ExecProtocol)
	}
	offered := strings.FieldsFunc(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), func(r rune) bool { return r == ',' || r == ' ' })
	if !slices.Contains(offered, clocker.ExecProtocol) {
		return invalid("the WebSocket must offer the subprotocol %s", clocker.ExecProtocol)
	}
	return nil
}

// nameOf is the name of a command, without what may be secret: neither its path nor anything after a blank, where
// another slash is not one of its path.
func nameOf(word string) string {
	name := ""
	if words := strings.Fields(word); len(words) > 0 {
		name = path.Base(words[0])
	}
	return strings.ToValidUTF8(name[:min(len(name), nameLength)], "")
}

// tellEnd tells the client the exit code, or why there is none.
func (s *Server) tellEnd(ctx context.Context, ws *websocket.Conn, code int, err error) {
	r := clocker.ExecResult{ExitCode: code}
	switch known := clocker.CodeOf(err); {
	case err == nil:
	case errors.Is(err, terminal.ErrLeft):
		return
	case known != "":
		r.Code, r.Error = string(known), reasonOf(ctx, err)
	case ctx.Err() != nil:
		r.Code, r.Error = string(clocker.Unavailable), reasonOf(ctx, err)
	default:
		s.log.Error("run a command in a container", "reason", err)
		r.Code, r.Error = "internal", "something went wrong here; the log of api has the reason"
	}
	terminal.Tell(ctx, ws, r)
}

// reasonOf is why a session ended without an exit code, and whether its command did.
func reasonOf(ctx context.Context, err error) string {
	var known *clocker.Error
	var lives *terminal.Lives
	rest := ""
	if errors.As(err, &lives) {
		rest = lives.Words()
	}
	switch {
	case errors.Is(err, terminal.ErrLeft):
		return "the client left" + rest
	case errors.As(err, &known):
		return known.Message + rest
	case ctx.Err() == nil:
		return err.Error()
	case lives == nil:
		rest = "; the command was ended"
	}
	return "this process of api ends, or the token is not taken any more" + rest
}

// state states a fact that no change of a row goes with.
func (s *Server) state(ctx context.Context, c echo.Context, e events.Event) error {
	return s.store.Change(ctx, traceparent(c), func(context.Context, *store.Store) ([]events.Event, error) {
		return []events.Event{e}, nil
	})
}

// note states how a command ended, also for a client that is gone and through a database that is away for a moment.
func (s *Server) note(c echo.Context, started events.ExecStarted, code int, err error) {
	ended := events.ExecEnded{Container: started.Container, Host: started.Host, Session: started.Session, ExitCode: code, By: started.By}
	if err != nil {
		ended.Reason = reasonOf(s.streams, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), noteTime)
	defer cancel()
	for {
		err := s.state(ctx, c, ended)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.log.Error("state that a command ended", "session", started.Session, "reason", err)
			return
		case <-time.After(noteAgain):
		}
	}
}
