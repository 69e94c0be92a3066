package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// Options says where NATS is and who connects.
type Options struct {
	Name     string // shown by the server
	URL      string // empty with InProcess
	User     string
	Password string
	// InProcess connects to a server of this process instead of URL.
	InProcess nats.InProcessConnProvider
	// InboxPrefix is where replies go; an agent may only read its own. Empty means NATS's default.
	InboxPrefix string
	Log         *slog.Logger
	Metrics     prometheus.Registerer
}

// Conn is a service's connection. It connects and reconnects by itself for ever. Safe for concurrent use.
type Conn struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	metrics metrics

	mu    sync.Mutex
	again []func()
}

// Connect makes a connection; a server that is down is retried in the background, so the error is one of configuration.
func Connect(o Options) (*Conn, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	c := &Conn{log: o.Log, metrics: newMetrics(o.Metrics)}
	opts := []nats.Option{
		nats.Name(o.Name), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(5 * time.Second),
		nats.ReconnectBufSize(-1), // an error now is better than a message of long ago later
		nats.ConnectHandler(func(*nats.Conn) { c.reconnected() }),
		nats.ReconnectHandler(func(*nats.Conn) { c.reconnected() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn("lost NATS", "reason", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			o.Log.Error("NATS refuses or drops", "reason", err, "subject", subjectOf(s))
		}),
	}
	if o.User != "" {
		opts = append(opts, nats.UserInfo(o.User, o.Password))
	}
	if o.InboxPrefix != "" {
		opts = append(opts, nats.CustomInboxPrefix(o.InboxPrefix))
	}
	if o.InProcess != nil {
		opts = append(opts, nats.InProcessServer(o.InProcess))
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	c.nc, c.js = nc, js
	c.watch(o.Metrics)
	return c, nil
}

func subjectOf(s *nats.Subscription) string {
	if s == nil {
		return ""
	}
	return s.Subject
}

// Close ends the connection; what is queued to be sent is sent first.
func (c *Conn) Close() {
	_ = c.nc.FlushTimeout(time.Second)
	c.nc.Close()
}

// Connected reports whether the server is there now.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Ready says whether the server is there, or that it is not.
func (c *Conn) Ready(context.Context) error {
	if !c.Connected() {
		return errors.New("NATS does not answer")
	}
	return nil
}

// OnReconnect has fn run in a goroutine of its own each time the connection is made, also the first time when that is
// still to come.
func (c *Conn) OnReconnect(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.again = append(c.again, fn)
}

func (c *Conn) reconnected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fn := range c.again {
		go fn()
	}
}

// Publish sends v as JSON to whoever listens now; nobody may. It fails while the server is away.
func (c *Conn) Publish(subject string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode message on %s: %w", subject, err)
	}
	if err := c.nc.Publish(subject, data); err != nil {
		return unavailable(subject, err)
	}
	return nil
}

func unavailable(subject string, err error) error {
	if errors.Is(err, nats.ErrNoResponders) {
		return &clocker.Error{Code: clocker.Unavailable, Message: "nobody answers on " + subject}
	}
	return &clocker.Error{Code: clocker.Unavailable, Message: "send on " + subject, Err: err}
}
