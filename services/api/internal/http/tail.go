package http

import (
	"context"
	"fmt"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/tail"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const (
	membersAtOnce = 64          // containers whose output one request reads
	lookEvery     = time.Second // for containers that came, or were made anew
)

// MergedLine is a line of output in NDJSON, without its line feed; what could not be read has Error.
type MergedLine struct {
	Container  string     `json:"container"`
	Generation int64      `json:"generation"`
	Time       *time.Time `json:"time,omitempty"` // when it was printed
	Stream     string     `json:"stream,omitempty"`
	Data       string     `json:"data"`
	Error      string     `json:"error,omitempty"`
}

// mergedLogs streams what the containers of an application or an entity print, in order of time as far as it comes in time.
func (s *Server) mergedLogs(c echo.Context) error {
	t, err := s.newTailing(c)
	if err != nil {
		return err
	}
	ctx, cancel := s.streamContext(c)
	defer cancel()
	members, err := t.members(ctx)
	switch {
	case err != nil:
		return err
	case len(members) > membersAtOnce:
		return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf(
			"%d containers are too many to read at a time, at most %d: name an entity, or a container", len(members), membersAtOnce)}
	}
	out := s.newStream(c, ndjson)
	if err := out.flush(); err != nil { // the first line may be long in coming
		return nil
	}
	for _, c := range members {
		t.known[identity(c)] = newReading(t.ask, identity(c))
	}
	t.merger = tail.New(ctx)
	done := make(chan struct{})
	t.running.Go(func() { t.keep(ctx, members); close(done) })
	_ = t.merger.Run(done, out.sink()) // the reader left, or this process ends
	cancel()
	t.running.Wait()
	return nil
}

// tailing is one reader of several containers.
type tailing struct {
	s           *Server
	app, entity string
	ordinal     int // -1 for all
	ask         clocker.LogsRequest
	merger      *tail.Merger
	running     sync.WaitGroup

	told map[clocker.Container]bool // that they are left out

	mu    sync.Mutex
	known map[clocker.Container]*reading
}

func (s *Server) newTailing(c echo.Context) (t *tailing, err error) {
	t = &tailing{s: s, app: c.Param("app"), entity: c.Param("entity"), ordinal: -1, known: map[clocker.Container]*reading{},
		told: map[clocker.Container]bool{}}
	if t.ask, err = s.logsQuery(c); err != nil {
		return nil, err
	}
	t.ask.Times = true
	if t.entity == "" {
		return t, nil
	}
	if text := asked(c, "ordinal"); text != "" {
		t.ordinal, err = ordinalOf(text)
	}
	return t, err
}

// members are the containers that have come to a host.
func (t *tailing) members(ctx context.Context) (out []view.Container, err error) {
	err = t.s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		all, err := r.ContainersOf(ctx, t.app, t.entity)
		for _, c := range all {
			if c.Host != "" && c.Generation > 0 && (t.ordinal < 0 || c.Ordinal == t.ordinal) {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}

// keep reads the containers that there are, and when following those that come, until ctx ends.
func (t *tailing) keep(ctx context.Context, members []view.Container) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		in, out := t.fit(members)
		for _, c := range in {
			t.read(ctx, c)
		}
		t.tell(out)
		if !t.ask.Follow {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A database that is away, or an application that is gone, changes nothing about what is read.
		if now, err := t.members(ctx); err == nil {
			members = now
		}
	}
}

// fit says for which of the containers there is room: those that are read already come first.
func (t *tailing) fit(members []view.Container) (in, out []view.Container) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range members {
		if t.known[identity(c)] != nil {
			in = append(in, c)
		}
	}
	for _, c := range members {
		switch {
		case t.known[identity(c)] != nil:
		case len(in) < membersAtOnce:
			in = append(in, c)
		default:
			out = append(out, c)
		}
	}
	return in, out
}

// tell says on the stream which containers are left out, once of each.
func (t *tailing) tell(out []view.Container) {
	var lines []tail.Line
	for _, c := range out {
		if who := identity(c); !t.told[who] {
			t.told[who] = true
			lines = append(lines, tail.Line{Time: t.s.cfg.Now(), Data: MergedLine{Container: c.Container, Generation: c.Generation, Error: fmt.Sprintf(
				"it is left out: %d containers are read already, as many as can be at a time; it is read when one of them is gone", membersAtOnce)}})
		}
	}
	if len(lines) == 0 {
		return
	}
	if source, err := t.merger.Join(); err == nil {
		_ = source.Send(lines...) // whoever reads is gone
		source.End()
	}
}

// read begins to read a container when it is time to: from where it was read before, as one that was restarted in place goes
// on. One that came only now is read from its start: how much of the past is wanted was said of those that there were.
func (t *tailing) read(ctx context.Context, c view.Container) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.known[identity(c)]
	if r == nil {
		r = newReading(clocker.LogsRequest{Follow: t.ask.Follow, Times: t.ask.Times, Many: t.ask.Many}, identity(c))
		t.known[identity(c)] = r
	}
	if !r.due(c) {
		return
	}
	source, err := t.merger.Join()
	if err != nil {
		return
	}
	ask := r.begin(c)
	t.running.Go(func() {
		defer source.End()
		t.stream(ctx, c, ask, source, r)
	})
}

func (t *tailing) stream(ctx context.Context, c view.Container, ask clocker.LogsRequest, source *tail.Source, r *reading) {
	lines := &assembler{container: c, send: func(lines []tail.Line) error { return source.Send(lines...) }}
	err := t.s.cfg.Logs.RequestStream(ctx, clocker.SubjectDo+c.Host+".logs", ask, lines.take)
	lines.flush()
	t.mu.Lock()
	news := r.end(lines.last, err)
	t.mu.Unlock()
	// One that is not there any more is being made anew.
	said := news && ctx.Err() == nil && (!ask.Follow || clocker.CodeOf(err) != clocker.NotFound)
	if said {
		_ = source.Send(tail.Line{Time: t.s.cfg.Now(), Data: MergedLine{Container: c.Container, Generation: c.Generation, Error: unstarted(c, err).Error()}})
	}
}
