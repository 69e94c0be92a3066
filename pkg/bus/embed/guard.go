package embed

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"clocker.io/pkg/reconcile"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	guardEvery = time.Second
	// guardDoubts is how often in a row that must be so: on a busy machine a stream may be made for longer than a second.
	guardDoubts = 3
	// guardRoom is what must fit on the disk: with less, a batch of events may not.
	guardRoom = 1 << 20
	// What a start does not cure is left to itself for longer each time.
	guardWait, guardWaitMost = 5 * time.Second, 5 * time.Minute
)

// guard looks after JetStream's storage. A stream that could not write once, because the disk was full, refuses
// everything for ever after, and one whose files were taken away goes on in memory as if nothing had happened; both
// pass when JetStream is started again over what is there.
type guard struct {
	server  *server.Server
	dir     string // of JetStream
	log     *slog.Logger
	trouble atomic.Pointer[string]
	doubts  int           // looks in a row that found something wrong
	wait    time.Duration // after the last start, which was at
	at      time.Time
	// accounts is held while they are listed or change: the server lists them beside a change, and takes what it finds.
	accounts sync.Mutex
	quit     chan struct{}
	once     sync.Once
	ended    chan struct{}
}

func watch(s *server.Server, dir string, log *slog.Logger) *guard {
	g := &guard{server: s, dir: filepath.Join(dir, server.JetStreamStoreDir), log: log, quit: make(chan struct{}), ended: make(chan struct{})}
	go g.run()
	return g
}

// stop ends the guard and waits for it: it must not start JetStream in a server that shuts down.
func (g *guard) stop() {
	g.once.Do(func() { close(g.quit) })
	<-g.ended
}

func (g *guard) run() {
	defer close(g.ended)
	for {
		select {
		case <-g.quit:
			return
		case <-reconcile.Next(guardEvery):
			g.look()
		}
	}
}

// look says what trouble there is with the storage, and starts JetStream again when that may end it.
func (g *guard) look() {
	reason, full := g.ill(), g.full()
	if reason == "" && !full {
		if g.trouble.Swap(nil) != nil {
			g.log.Warn("NATS has its storage back")
		}
		g.wait, g.doubts = 0, 0
		return
	}
	if g.doubts++; g.doubts < guardDoubts && !full {
		return // a stream that is just being made looks like one that was lost
	}
	if full {
		reason = strings.TrimPrefix(reason+"; its disk is full", "; ")
	}
	if g.trouble.Swap(&reason) == nil {
		g.log.Error("NATS has trouble with its storage", "reason", reason)
	}
	if full || time.Since(g.at) < g.wait {
		return // JetStream would refuse again
	}
	g.at, g.wait = time.Now(), min(max(2*g.wait, guardWait), guardWaitMost)
	if err := g.restart(); err != nil {
		g.log.Warn("start JetStream again", "reason", err)
		return
	}
	g.log.Warn("JetStream was started again over what its storage holds", "reason", reason)
}

func (g *guard) full() bool {
	left, err := room(filepath.Dir(g.dir))
	return err == nil && left < guardRoom
}

// ill says what is wrong with the storage, or nothing.
func (g *guard) ill() string {
	if h := g.server.Healthz(nil); h.Error != "" {
		return h.Error
	}
	if _, err := os.Stat(g.dir); errors.Is(err, os.ErrNotExist) {
		return "its directory is gone"
	}
	g.accounts.Lock()
	held, err := g.server.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	g.accounts.Unlock()
	if err != nil {
		return "" // it is being started or stopped
	}
	for _, account := range held.AccountDetails {
		for _, stream := range account.Streams {
			_, err := os.Stat(filepath.Join(g.dir, account.Id, "streams", stream.Name, "msgs"))
			if errors.Is(err, os.ErrNotExist) {
				return "the directory of stream " + stream.Name + " is gone"
			}
		}
	}
	return ""
}

func (g *guard) restart() error {
	if err := g.server.ShutdownJetStream(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return g.server.EnableJetStream(&server.JetStreamConfig{StoreDir: filepath.Dir(g.dir)})
}

// healthy says what trouble there is with the storage.
func (g *guard) healthy() error {
	if reason := g.trouble.Load(); reason != nil {
		return fmt.Errorf("trouble with the storage of events: %s", *reason)
	}
	return nil
}
