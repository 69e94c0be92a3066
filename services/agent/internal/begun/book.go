package begun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"clocker.io/pkg/reconcile"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many commands are being ended at a time.
const atOnce = 4

// Command is a command in a container, as the Engine knows it.
type Command struct {
	ID        string    `json:"-"`         // of the command
	Container string    `json:"container"` // id
	At        time.Time `json:"at"`        // when it was begun
}

// ErrUnknown says that the Engine knows nothing of a command: it has ended long ago, or the Engine has forgotten it.
var ErrUnknown = errors.New("the Docker Engine knows this command no more")

// Book is safe for concurrent use.
type Book struct {
	dir  string
	log  *slog.Logger
	news chan struct{}

	mu   sync.Mutex
	lost map[string]lost
}

// lost is a command that nobody holds.
type lost struct {
	Command
	said string // why it runs on, as last logged
}

// New makes a book that is kept in dir. Nothing is read before Load.
func New(dir string, log *slog.Logger) *Book {
	return &Book{dir: dir, log: log, news: make(chan struct{}, 1), lost: map[string]lost{}}
}

// Load reads what a former agent has begun: all of that is lost. Call it once, before anything else.
func (b *Book) Load() error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return fmt.Errorf("read which commands were begun: %w", err)
	}
	files, err := os.ReadDir(b.dir)
	if err != nil {
		return fmt.Errorf("read which commands were begun: %w", err)
	}
	for _, f := range files {
		c := Command{ID: f.Name()}
		text, err := os.ReadFile(b.path(c.ID))
		if err != nil || json.Unmarshal(text, &c) != nil {
			c.Container = "" // a note that was torn: the Engine knows by its id where it runs
		}
		b.Lose(c)
	}
	return nil
}

// Begin writes down a command that is about to run.
func (b *Book) Begin(c Command) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.path(c.ID), text, 0o600); err != nil {
		return fmt.Errorf("write down which command is begun: %w", err)
	}
	return nil
}

// End strikes out a command that has ended.
func (b *Book) End(id string) {
	_ = os.Remove(b.path(id)) // one that stays is looked at again by the next agent, and has ended then
}

// Lose hands over a command that could not be ended.
func (b *Book) Lose(c Command) {
	b.mu.Lock()
	b.lost[c.ID] = lost{Command: c}
	b.mu.Unlock()
	select {
	case b.news <- struct{}{}:
	default:
	}
}

// path is a file for each command: ids of the Engine are letters and digits.
func (b *Book) path(id string) string { return filepath.Join(b.dir, filepath.Base(id)) }

// Run ends lost commands until ctx ends, again and again while that fails.
func (b *Book) Run(ctx context.Context, end func(context.Context, Command) error) error {
	pause := reconcile.Backoff{Min: time.Second, Max: time.Minute, Factor: 2}
	failures := 0
	for {
		left := b.round(ctx, end)
		timer := &time.Timer{} // which never comes
		if failures++; left == 0 {
			failures = 0
		} else {
			timer = time.NewTimer(pause.After(failures))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.news:
		case <-timer.C:
		}
	}
}

// round tries to end each lost command once, and says how many are left.
func (b *Book) round(ctx context.Context, end func(context.Context, Command) error) int {
	b.mu.Lock()
	all := slices.Collect(maps.Values(b.lost))
	b.mu.Unlock()
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, c := range all {
		g.Go(func() error { b.tell(c, end(ctx, c.Command)); return nil })
	}
	_ = g.Wait() // each is told for itself
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.lost)
}

// tell notes what became of a lost command.
func (b *Book) tell(c lost, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err == nil:
		b.log.Info("a command that nobody held has ended", "command", c.ID, "container", c.Container)
	case errors.Is(err, ErrUnknown):
		b.log.Warn("a command that nobody holds has ended, or runs on where it cannot be found", "command", c.ID, "container", c.Container)
	default:
		if c.said != err.Error() {
			b.log.Error("a command that nobody holds runs on, and is tried again to be ended", "command", c.ID, "container", c.Container, "reason", err)
		}
		c.said = err.Error()
		b.lost[c.ID] = c
		return
	}
	delete(b.lost, c.ID)
	b.End(c.ID)
}
