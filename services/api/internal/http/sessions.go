package http

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/token"
)

const (
	endEvery  = time.Second      // how long a stream may outlive its token
	noteEvery = 30 * time.Second // how late it is seen that a token was used
)

// sessions knows the tokens in use: when each was used last, and the streams that are open for it. Safe for concurrent
// use.
type sessions struct {
	now func() time.Time

	mu   sync.Mutex
	used map[string]time.Time
	open map[string]map[int]context.CancelFunc
	next int
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, used: map[string]time.Time{}, open: map[string]map[int]context.CancelFunc{}}
}

// use notes that a token is used now. The token in the file has no row to note it in.
func (s *sessions) use(id string) {
	if id == token.Bootstrap.ID {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[id] = s.now()
}

// begin has cancel called when the token ends, until the function it returns is called.
func (s *sessions) begin(id string, cancel context.CancelFunc) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.next
	s.next++
	if s.open[id] == nil {
		s.open[id] = map[int]context.CancelFunc{}
	}
	s.open[id][n] = cancel
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open[id], n)
		if len(s.open[id]) == 0 {
			delete(s.open, id)
		}
	}
}

// streaming are the tokens that streams are open for.
func (s *sessions) streaming() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.open)), func(id string) bool { return id == token.Bootstrap.ID })
}

// end cancels the streams of tokens.
func (s *sessions) end(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		for _, cancel := range s.open[id] {
			cancel()
		}
	}
}

// taken gives what was used since the last call.
func (s *sessions) taken() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := s.used
	s.used = map[string]time.Time{}
	return used
}

// Sessions is the loop that ends the streams of tokens that are taken no more, and notes which tokens are used; it
// returns when ctx ends. While the database is away, streams go on.
func (s *Server) Sessions(ctx context.Context) error {
	for noted := time.Now(); ; {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
			defer cancel()
			if err := s.noteUse(last); err != nil {
				s.log.Debug("note the use of tokens", "reason", err)
			}
			return ctx.Err()
		case <-reconcile.Next(endEvery):
		}
		err := s.endStreams(ctx)
		if time.Since(noted) >= noteEvery {
			noted = time.Now()
			err = errors.Join(err, s.noteUse(ctx))
		}
		if err != nil {
			s.log.Debug("look at tokens", "reason", err)
		}
	}
}

func (s *Server) endStreams(ctx context.Context) error {
	ids := s.sessions.streaming()
	if len(ids) == 0 {
		return nil
	}
	var ended []string
	err := s.store.Read(ctx, func(ctx context.Context, r *store.Reader) (err error) {
		ended, err = r.EndedTokens(ctx, ids)
		return err
	})
	s.sessions.end(ended)
	return err
}

func (s *Server) noteUse(ctx context.Context) error {
	used := s.sessions.taken()
	if len(used) == 0 {
		return nil
	}
	return s.store.Change(ctx, "", func(ctx context.Context, st *store.Store) ([]events.Event, error) {
		return nil, st.UsedTokens(ctx, used)
	})
}
