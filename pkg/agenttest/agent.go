package agenttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"

	"golang.org/x/sync/errgroup"
)

// Times of the conversation, those of a real agent.
const (
	beatTime   = time.Second
	waitTime   = 5 * time.Second
	resyncTime = 30 * time.Second
	pauseTime  = 200 * time.Millisecond // after something failed
)

// Config says which host an agent plays.
type Config struct {
	Host  string
	Token string    // join token
	Conn  *bus.Conn // with the rights of the host
	Log   *slog.Logger
}

// Agent is safe for concurrent use.
type Agent struct {
	cfg  Config
	kick chan struct{}            // snapshots are wanted
	wake map[string]chan struct{} // by noun: facts wait

	mu       sync.Mutex
	joined   bool
	epoch    int64
	run      desired[clocker.Container, clocker.Assignment]
	images   desired[string, clocker.ImageJob]
	networks map[string]network
	running  map[clocker.Container]*process
	gone     map[clocker.Container]int64 // reported as removed, in which epoch
	built    map[string]outcome          // images reported, by key
	facts    map[string][]clocker.Fact   // by noun: not settled yet
	counter  int64
	starts   map[clocker.Container]int
	refusals map[clocker.Container]int // attempts that are to be refused
	refused  []string
}

// New makes an agent that knows nothing; nothing happens before Run.
func New(c Config) *Agent {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{cfg: c, kick: make(chan struct{}, 1), wake: map[string]chan struct{}{}, networks: map[string]network{},
		running: map[clocker.Container]*process{}, gone: map[clocker.Container]int64{}, built: map[string]outcome{},
		facts: map[string][]clocker.Fact{}, starts: map[clocker.Container]int{}, refusals: map[clocker.Container]int{}}
	for _, noun := range nouns {
		a.wake[noun] = make(chan struct{}, 1)
	}
	c.Conn.OnReconnect(a.reconnected)
	return a
}

// Run plays the agent until ctx ends. After that it may be run again, as a real agent is started again.
func (a *Agent) Run(ctx context.Context) error {
	a.stale()
	host := a.cfg.Host
	g, ctx := errgroup.WithContext(ctx)
	for _, r := range []bus.Responder{
		bus.Listen(clocker.SubjectWant+host, "", a.onWant),
		bus.Listen(clocker.SubjectNet+host, "", a.onNetwork),
	} {
		g.Go(func() error { return r.Serve(ctx, a.cfg.Conn) })
	}
	for _, noun := range nouns {
		g.Go(func() error { return a.send(ctx, noun) })
	}
	g.Go(func() error { return a.beat(ctx) })
	g.Go(func() error { return a.keepUp(ctx) })
	return g.Wait()
}

// Running gives the containers that run, with how often each was restarted in place.
func (a *Agent) Running() map[clocker.Container]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[clocker.Container]int{}
	for c, p := range a.running {
		if !p.failed {
			out[c] = p.attempt
		}
	}
	return out
}

// Starts gives how often each container was started for the first time: more than once is a double effect.
func (a *Agent) Starts() map[clocker.Container]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.starts)
}

// Refused gives what control said about facts that it refused for good.
func (a *Agent) Refused() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.refused...)
}

func (a *Agent) reconnected() {
	a.ask()
	for _, noun := range nouns {
		poke(a.wake[noun])
	}
}

// ask has complete snapshots asked for soon.
func (a *Agent) ask() { poke(a.kick) }

// stale has the agent register again.
func (a *Agent) stale() {
	a.mu.Lock()
	a.joined = false
	a.mu.Unlock()
	a.ask()
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// errWait says that the host is not wanted yet.
var errWait = errors.New("this host is not wanted yet")

// keepUp registers and asks for snapshots whenever there is a reason to.
func (a *Agent) keepUp(ctx context.Context) error {
	for {
		wait, listens := resyncTime, a.kick
		err := a.register(ctx)
		if err == nil {
			err = a.round(ctx)
		}
		switch {
		case errors.Is(err, errWait):
			wait = waitTime
		case err != nil && ctx.Err() == nil:
			a.cfg.Log.Warn("simulated agent is out of step", "host", a.cfg.Host, "reason", err)
			wait, listens = pauseTime, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-listens:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (a *Agent) register(ctx context.Context) error {
	a.mu.Lock()
	joined := a.joined
	a.mu.Unlock()
	if joined {
		return nil
	}
	var r clocker.Registered
	err := a.question(ctx, clocker.Ask{Kind: clocker.AskRegister, Register: &clocker.Registration{
		Token: a.cfg.Token, Address: "127.0.0.1", Capacity: clocker.Capacity{Memory: 1 << 40, Cores: 1 << 10},
		Engine: clocker.Engine{ID: "simulated-" + a.cfg.Host, Version: "0", APIVersion: "1.41", OS: "linux", Arch: "amd64"},
	}}, &r)
	switch {
	case err != nil:
		return fmt.Errorf("register: %w", err)
	case r.Wait:
		return errWait
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.joined, a.epoch = true, r.Epoch
	return nil
}

// question asks whoever answers its kind. An answer that our epoch is over has the agent register again.
func (a *Agent) question(ctx context.Context, q clocker.Ask, reply any) error {
	a.mu.Lock()
	q.Host, q.Epoch = a.cfg.Host, a.epoch
	a.mu.Unlock()
	err := a.cfg.Conn.Request(ctx, clocker.SubjectAsk+a.cfg.Host, q, reply)
	if over(err) && q.Kind != clocker.AskRegister {
		a.stale()
	}
	return err
}

func over(err error) bool {
	code := clocker.CodeOf(err)
	return code == clocker.Conflict || code == clocker.Denied
}

func (a *Agent) beat(ctx context.Context) error {
	tick := time.NewTicker(beatTime)
	defer tick.Stop()
	for {
		a.mu.Lock()
		b := clocker.Beat{Host: a.cfg.Host, Epoch: a.epoch, RunRevision: a.run.revision, ImageRevision: a.images.revision,
			Running: len(a.running)}
		a.mu.Unlock()
		if b.Epoch > 0 {
			_ = a.cfg.Conn.Publish(clocker.SubjectBeat+a.cfg.Host, b) // a lost one is what control watches for
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
