package bus

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/clocker"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// Options says where NATS is and who connects.
type Options struct {
	Name string // shown by the server
	URL  string // empty with InProcess
	// Credentials is the file of the user's claims and seed. It is read again with each connection, so that one that was
	// signed anew is taken.
	Credentials string
	// Sequencer is the file of the user that publishes events, for a process that may come to be the one: Stream has a
	// connection of its own for it. Empty means the same user.
	Sequencer string
	// CA is a PEM bundle of whom to trust: TLS is required then, and the server verified.
	CA string
	// InProcess connects to a server of this process instead of URL.
	InProcess nats.InProcessConnProvider
	Log       *slog.Logger
	Metrics   prometheus.Registerer
}

// Conn is a service's connection. It connects and reconnects by itself for ever. Safe for concurrent use.
type Conn struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	metrics metrics
	user    string
	events  *Conn // as the sequencer; the connection itself when there is none of its own

	mu    sync.Mutex
	again []func()
}

// Connect makes a connection; a server that is down is retried in the background, so the error is one of configuration.
func Connect(o Options) (*Conn, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	c, err := connect(o, newMetrics(o.Metrics))
	if err != nil {
		return nil, err
	}
	c.watch(o.Metrics)
	if o.Sequencer == "" {
		return c, nil
	}
	o.Name, o.Credentials = o.Name+"-sequencer", o.Sequencer
	if c.events, err = connect(o, c.metrics); err != nil {
		c.events = c
		c.Close()
		return nil, err
	}
	return c, nil
}

func connect(o Options, m metrics) (*Conn, error) {
	user, err := access.User(o.Credentials)
	if err != nil {
		return nil, err
	}
	c := &Conn{log: o.Log, metrics: m, user: user}
	c.events = c
	if c.nc, err = nats.Connect(o.URL, c.options(o, user)...); err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	if c.js, err = jetstream.New(c.nc); err != nil {
		c.nc.Close()
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return c, nil
}

func (c *Conn) options(o Options, user string) []nats.Option {
	opts := []nats.Option{
		nats.Name(o.Name), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(5 * time.Second),
		nats.ReconnectBufSize(-1),   // an error now is better than a message of long ago later
		nats.IgnoreAuthErrorAbort(), // the file may be signed anew, or the server learn whom to trust
		nats.UserCredentials(o.Credentials), nats.CustomInboxPrefix(rights.Inbox(user)),
		nats.ConnectHandler(func(*nats.Conn) { c.reconnected() }),
		nats.ReconnectHandler(func(*nats.Conn) { c.reconnected() }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			if errors.Is(err, nats.ErrAuthorization) {
				o.Log.Error("NATS refuses the credentials", "user", user, "file", o.Credentials, "reason", err)
			}
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn("lost NATS", "reason", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			o.Log.Error("NATS refuses or drops", "user", user, "reason", err, "subject", subjectOf(s))
		}),
	}
	if o.CA != "" {
		opts = append(opts, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13}), nats.RootCAs(o.CA))
	}
	if o.InProcess != nil {
		opts = append(opts, nats.InProcessServer(o.InProcess), nats.PingInterval(nats.DefaultPingInterval))
	}
	return opts
}

func subjectOf(s *nats.Subscription) string {
	if s == nil {
		return ""
	}
	return s.Subject
}

// Close ends the connection; what is queued to be sent is sent first.
func (c *Conn) Close() {
	if c.events != c {
		c.events.Close()
	}
	_ = c.nc.FlushTimeout(time.Second)
	c.nc.Close()
}

// Connected reports whether the server is there now.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Ready says whether the server is there for every user of this connection, or why it is not.
func (c *Conn) Ready(context.Context) error {
	for _, part := range []*Conn{c, c.events} {
		switch {
		case part.Connected():
		case errors.Is(part.nc.LastError(), nats.ErrAuthorization):
			return fmt.Errorf("NATS refuses the credentials of user %s", part.user)
		default:
			return errors.New("NATS does not answer")
		}
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
