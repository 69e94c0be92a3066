package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"
)

// Times of the conversation.
const (
	answerTime = 5 * time.Second  // for one question
	waitTime   = 5 * time.Second  // between offers of a host that is not wanted yet
	beatTime   = time.Second      // between heartbeats
	syncTime   = 2 * time.Minute  // for one round of snapshots and removals
	resyncTime = 30 * time.Second // between rounds
)

// Control is the control plane; a *bus.Conn is one.
type Control interface {
	Request(ctx context.Context, subject string, v, reply any) error
	Publish(subject string, v any) error
}

// Engine is what this host is and holds.
type Engine interface {
	Info(ctx context.Context) (clocker.Engine, clocker.Capacity, error)
	List(ctx context.Context) (plan.Listing, error)
	RemoveVolume(ctx context.Context, name string) error
	RemoveImage(ctx context.Context, id string) error
}

// Containers is who keeps containers.
type Containers interface {
	Wake(ids ...string)
	WakeNetworks(networks ...string)
	Collect(ctx context.Context, containers []plan.Observed) error
	Running() (int, string)
}

// Networks is who keeps networks.
type Networks interface {
	Check(ids ...string)
	Leave(id, docker, orphan string)
}

// Images is who keeps images.
type Images interface {
	Check(keys ...string)
}

// Config is what a link works with.
type Config struct {
	Host       string
	Address    string // where published ports of this host are reached
	TokenFile  string // join token
	Control    Control
	Engine     Engine
	Containers Containers
	Networks   Networks
	Images     Images
	Memory     *memory.Memory
	Routes     func(ours func(link string) bool) ([]string, error) // networks that the machine routes
	Facts      func(...clocker.Fact) error
	Up         func() bool // whether the Engine is in sight
	OnJoin     func()      // called when the host is registered, before anything is done for it
	Log        *slog.Logger
}

// Link is safe for concurrent use.
type Link struct {
	Config
	kick  chan struct{} // a round of snapshots is wanted
	again chan struct{} // a registration is wanted
	// joined is whether this process is registered and control has not said otherwise.
	joined atomic.Bool
	said   string // why the host waits or is refused, as last logged
}

// New makes a link; nothing happens before its loops run.
func New(c Config) *Link {
	return &Link{Config: c, kick: make(chan struct{}, 1), again: make(chan struct{}, 1)}
}

// Kick asks for a round of complete snapshots.
func (l *Link) Kick() { poke(l.kick) }

// Stale asks for a new registration: control says that our epoch is over, or wants the host.
func (l *Link) Stale() {
	l.joined.Store(false)
	poke(l.again)
}

// Joined reports whether the host is registered.
func (l *Link) Joined() bool { return l.joined.Load() }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run registers and keeps in step with control until ctx ends. Failing changes nothing on this host: it goes on as it
// was last told.
func (l *Link) Run(ctx context.Context) error {
	pause := reconcile.Backoff{Min: 200 * time.Millisecond, Max: 2 * time.Second, Factor: 2}
	failures, reconciled := 0, int64(0)
	for {
		wait := resyncTime
		err := l.join(ctx)
		if err == nil {
			err = l.round(ctx, &reconciled)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errWait):
			failures, wait = 0, waitTime
		case err != nil:
			failures++
			wait = pause.After(failures)
			l.say("out of step with control", err.Error())
		default:
			failures = 0
			l.say("in step with control", "")
		}
		// What failed is tried again in its own time, however often somebody asks.
		if err := l.sleep(ctx, wait, err == nil || errors.Is(err, errWait)); err != nil {
			return err
		}
	}
}

// say logs a state when it changes.
func (l *Link) say(what, reason string) {
	if l.said == what+reason {
		return
	}
	l.said = what + reason
	l.Log.Info(what, "reason", reason, "epoch", l.Memory.Epoch())
}

// sleep waits for a time or, when it listens, for a reason to go on sooner.
func (l *Link) sleep(ctx context.Context, d time.Duration, listens bool) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	kick, again := l.kick, l.again
	if !listens {
		kick, again = nil, nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-kick:
	case <-again:
	}
	return nil
}

// errWait says that the host is not wanted yet.
var errWait = errors.New("this host is not wanted yet")

// join registers unless that is done. The epoch is kept before anything is done in its name.
func (l *Link) join(ctx context.Context) error {
	if l.joined.Load() {
		return nil
	}
	token, err := os.ReadFile(l.TokenFile)
	if err != nil {
		return fmt.Errorf("read the join token: %w", err)
	}
	engine, capacity, err := l.Engine.Info(ctx)
	if err != nil {
		return err
	}
	if engine.Routes, err = l.Routes(l.ours); err != nil {
		return err
	}
	if known := l.Memory.Engine(); known != "" && known != engine.ID {
		// Another Engine is another machine to control, which would take our own heartbeats for its rival's.
		if err := l.Memory.SetEpoch(0, engine.ID); err != nil {
			return fmt.Errorf("give up the epoch of another Docker Engine: %w", err)
		}
	}
	select {
	case <-l.again: // what asked for this registration
	default:
	}
	var r clocker.Registered
	err = l.ask(ctx, clocker.Ask{Kind: clocker.AskRegister, Register: &clocker.Registration{
		Token: strings.TrimSpace(string(token)), Address: l.Address, Capacity: capacity, Engine: engine,
	}}, &r)
	switch {
	case err != nil:
		return fmt.Errorf("register: %w", err)
	case r.Wait:
		l.say("this host waits to be wanted", r.Reason)
		return errWait
	case r.Epoch == 0:
		return errors.New("register: the answer names no epoch")
	}
	if err := l.Memory.SetEpoch(r.Epoch, engine.ID); err != nil {
		return fmt.Errorf("keep the epoch: %w", err)
	}
	l.OnJoin()
	l.joined.Store(true)
	l.Log.Info("registered", "host", l.Host, "epoch", r.Epoch, "cloud", r.Cloud)
	return nil
}

// ours reports whether a link is the bridge of a network of this installation.
func (l *Link) ours(link string) bool {
	for _, n := range l.Memory.Networks() {
		if n.Bridge == link {
			return true
		}
	}
	return false
}

// ask puts a question to whoever answers its kind.
func (l *Link) ask(ctx context.Context, a clocker.Ask, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	a.Host, a.Epoch = l.Host, l.Memory.Epoch()
	return l.Control.Request(ctx, clocker.SubjectAsk+l.Host, a, reply)
}

// Beat sends heartbeats until ctx ends. It asks nobody anything, so nothing that hangs can hold it up.
func (l *Link) Beat(ctx context.Context) error {
	for {
		if epoch := l.Memory.Epoch(); epoch > 0 {
			running, digest := l.Containers.Running()
			// Lost heartbeats are what control watches for: there is nothing else to do about an error.
			_ = l.Control.Publish(clocker.SubjectBeat+l.Host, clocker.Beat{
				Host: l.Host, Epoch: epoch, RunRevision: l.Memory.Run().Revision, ImageRevision: l.Memory.Images().Revision,
				Running: running, EngineDown: !l.Up(), Digest: digest,
			})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(beatTime):
		}
	}
}
