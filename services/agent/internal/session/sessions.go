package session

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// most is how many commands may run on a host at a time for users; it bounds the memory that they take here.
const most = 64

// AtOnce is how many requests about sessions may wait for an answer at a time: a put and a pull of each, and some that
// are asked again.
const AtOnce = 4 * most

// Process is a command in a container. Write and Close are its input.
type Process interface {
	Write(data []byte) (int, error)
	Close() error
	// Resize gives the command's terminal a size. It waits for the command to start.
	Resize(ctx context.Context, size clocker.TerminalSize) error
	// Run gives output to each, in order, until the command ends, and then its exit code. When ctx ends or each fails, it
	// ends the command. An error other than that of ctx may mean that the command runs on.
	Run(ctx context.Context, each func(stream string, data []byte) error) (int, error)
}

// Engine is where commands run.
type Engine struct {
	Inspect func(ctx context.Context, name string) (*plan.Observed, error)
	Enter   func(ctx context.Context, id string, c clocker.ExecCommand) (Process, error)
}

// Sessions is safe for concurrent use.
type Sessions struct {
	engine Engine
	log    *slog.Logger

	mu      sync.Mutex
	open    map[string]*session
	running sync.WaitGroup
	ctx     context.Context
	end     context.CancelFunc
}

// New makes the sessions of a host; there are none yet.
func New(engine Engine, log *slog.Logger) *Sessions {
	s := &Sessions{engine: engine, log: log, open: map[string]*session{}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

var validID = regexp.MustCompile(`^[a-z0-9]{8,64}$`)

// Open answers a request to run a command: only in a container of this installation, and in its current generation.
func (s *Sessions) Open(ctx context.Context, _ string, r clocker.ExecRequest) (clocker.ExecOpened, error) {
	switch {
	case !validID.MatchString(r.Session):
		return clocker.ExecOpened{}, &clocker.Error{Code: clocker.Invalid, Message: "the session's id is not 8 to 64 letters and digits"}
	case len(r.Command) == 0 || r.Command[0] == "":
		return clocker.ExecOpened{}, &clocker.Error{Code: clocker.Invalid, Message: "there is no command to run"}
	}
	c, err := s.engine.Inspect(ctx, r.Container.EngineName())
	switch {
	case err != nil:
		return clocker.ExecOpened{}, err
	case c == nil || !c.Ours || c.ID != plan.ID(r.Container.Key(), r.Container.Generation):
		return clocker.ExecOpened{}, &clocker.Error{Code: clocker.NotFound,
			Message: fmt.Sprintf("generation %d of container %s is not on this host", r.Container.Generation, r.Container.Path())}
	case c.Status != plan.Running:
		return clocker.ExecOpened{}, &clocker.Error{Code: clocker.Conflict,
			Message: fmt.Sprintf("the container %s does not run now", r.Container.Path())}
	}
	one, err := s.add(r.Session)
	if err != nil {
		return clocker.ExecOpened{}, err
	}
	process, err := s.engine.Enter(one.ctx, c.EngineID, r.ExecCommand)
	if err != nil {
		s.remove(r.Session)
		return clocker.ExecOpened{}, err
	}
	s.log.Info("a command runs for a user", "container", r.Container.Path(), "session", r.Session)
	if r.Terminal && r.Size != nil {
		one.size(*r.Size)
	}
	s.running.Go(func() { s.note(r.Session, one.run(process)) })
	s.running.Go(func() { one.feed(process) })
	s.running.Go(func() { one.resize(process) })
	return clocker.ExecOpened{}, nil
}

// note logs how a command went.
func (s *Sessions) note(session string, err error) {
	if err != nil {
		s.log.Error("a user's command was lost, and may run on", "session", session, "reason", err)
		return
	}
	s.log.Info("a user's command ended", "session", session)
}

// Put answers a request with input.
func (s *Sessions) Put(ctx context.Context, subject string, in clocker.ExecInput) (clocker.ExecTaken, error) {
	one, err := s.find(subject)
	if err != nil {
		return clocker.ExecTaken{}, err
	}
	if in.Leave {
		s.remove(one.id)
		return clocker.ExecTaken{Taken: true, Lives: one.left(ctx)}, nil
	}
	if in.Size != nil {
		one.size(*in.Size)
	}
	if in.Number == 0 {
		return clocker.ExecTaken{Taken: true}, nil
	}
	return one.put(ctx, in)
}

// Pull answers a request for output.
func (s *Sessions) Pull(ctx context.Context, subject string, p clocker.ExecPull) (clocker.ExecOutput, error) {
	one, err := s.find(subject)
	if err != nil {
		return clocker.ExecOutput{}, err
	}
	return one.pull(ctx, p.Number)
}

// Close ends all commands and waits until they have ended.
func (s *Sessions) Close() {
	s.end()
	s.running.Wait()
}

func (s *Sessions) add(id string) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return nil, &clocker.Error{Code: clocker.Unavailable, Message: "the agent of this host ends"}
	case s.open[id] != nil:
		return nil, &clocker.Error{Code: clocker.Conflict, Message: "there is such a session already"}
	case len(s.open) >= most:
		return nil, &clocker.Error{Code: clocker.Exhausted, Message: fmt.Sprintf("%d commands run on this host for users already", most)}
	}
	one := newSession(s.ctx, id, func() { s.remove(id) })
	s.open[id] = one
	return one, nil
}

// remove forgets a session and ends its command.
func (s *Sessions) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.open[id]; one != nil {
		delete(s.open, id)
		one.stop()
	}
}

// find reads the session in clocker.do.<host>.exec.<session>.<verb>.
func (s *Sessions) find(subject string) (*session, error) {
	words := strings.Split(subject, ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.open[words[max(len(words)-2, 0)]]
	if one == nil {
		return nil, &clocker.Error{Code: clocker.NotFound, Message: "the agent does not know this session, or has given it up"}
	}
	one.hear()
	return one, nil
}
