// Package bustest gives tests a NATS server of their own inside the process, and connections to it.
//
// It never fakes anything: it is the server that `clocker up` runs, without a port. Start reading at [Connect].
package bustest

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/bus/rights"
)

// everything is a user of tests alone, who may use every subject. No installation has one.
const everything = "test-everything"

// NATS is a server with the identities that it trusts.
type NATS struct {
	*embed.Server
	auth string
}

// Server starts a server without a port that ends with the test. It knows the users of an installation with the host
// localhost.
func Server(t testing.TB) *NATS {
	t.Helper()
	return start(t, "")
}

// Listening starts a server as Server does, on a free loopback port: for programs that a test runs.
func Listening(t testing.TB) *NATS {
	t.Helper()
	return start(t, "127.0.0.1:0")
}

func start(t testing.TB, listen string) *NATS {
	t.Helper()
	s := startIn(t, t.TempDir(), listen)
	t.Cleanup(s.Stop)
	return s
}

// startIn starts a server over a directory, which may be that of one before.
func startIn(t testing.TB, dir, listen string) *NATS {
	t.Helper()
	auth := filepath.Join(dir, "nats-auth")
	if err := access.Make(auth, "localhost"); err != nil {
		t.Fatal(err)
	}
	all := rights.Rights{Publish: []string{">"}, Subscribe: []string{">"}}
	if err := access.Grant(auth, everything, all); err != nil {
		t.Fatal(err)
	}
	s, err := embed.Start(embed.Config{Dir: filepath.Join(dir, "nats"), Auth: auth, Listen: listen})
	if err != nil {
		t.Fatal(err)
	}
	return &NATS{Server: s, auth: auth}
}

// Credentials is the file of a user of the server; a host that it does not know yet is made known.
func (s *NATS) Credentials(t testing.TB, user string) string {
	t.Helper()
	if kind, host, ok := strings.Cut(user, "-"); ok && (kind == "host" || kind == "dns") {
		if err := access.Make(s.auth, "localhost", host); err != nil {
			t.Fatal(err)
		}
	}
	return access.File(s.auth, user)
}

// As connects to a server with the rights of a user: a service's name, host-<host> or dns-<host>. What it publishes of events
// it publishes as the sequencer, as a service does.
func As(t testing.TB, s *NATS, user string) *bus.Conn {
	t.Helper()
	o := bus.Options{Name: t.Name(), Credentials: s.Credentials(t, user), InProcess: s}
	if r, ok := rights.Of(user); ok && r.Candidate {
		o.Sequencer = s.Credentials(t, rights.Sequencer)
	}
	return connect(t, o)
}

// Control connects to a server as nobody may in an installation: with all rights. It stands for the services around the
// one under test.
func Control(t testing.TB, s *NATS) *bus.Conn {
	t.Helper()
	return As(t, s, everything)
}

// Host connects to a server with the rights of the agent on host localhost.
func Host(t testing.TB, s *NATS) *bus.Conn {
	t.Helper()
	return As(t, s, rights.HostUser("localhost"))
}

// ConnectLogging is Connect with a logger that a test reads.
func ConnectLogging(t testing.TB, log *slog.Logger) *bus.Conn {
	t.Helper()
	s := Server(t)
	return connect(t, bus.Options{Name: t.Name(), Credentials: s.Credentials(t, everything), InProcess: s, Log: log})
}

// Connect starts a server and connects to it with all rights.
func Connect(t testing.TB) *bus.Conn {
	t.Helper()
	return Control(t, Server(t))
}

func connect(t testing.TB, o bus.Options) *bus.Conn {
	t.Helper()
	c, err := bus.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	connected(t, c)
	return c
}

// connected waits until the server is there for it: a machine that stands still meanwhile makes it try again.
func connected(t testing.TB, c *bus.Conn) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := time.After(2 * time.Minute)
	for err := c.Ready(t.Context()); err != nil; err = c.Ready(t.Context()) {
		select {
		case <-tick.C:
		case <-over:
			t.Fatal(err)
		}
	}
}
