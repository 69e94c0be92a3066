// Package bustest gives tests a NATS server of their own inside the process.
//
// It never fakes anything: it is the server that `clocker up` runs, without a port. Start reading at [Connect].
package bustest

import (
	"log/slog"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/embed"
)

// NATS is the server, under a name that tests of services may use: they must not link embed themselves.
type NATS = embed.Server

// Server starts a server without a port that ends with the test. It has the users "control" and "host-localhost", with
// the password "test".
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
	s, err := embed.Start(embed.Config{Dir: t.TempDir(), Listen: listen, Users: []embed.User{
		{Name: "control", Password: "test"}, {Name: "host-localhost", Password: "test", Host: "localhost"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Control connects to a server as a control service.
func Control(t testing.TB, s *NATS) *bus.Conn {
	t.Helper()
	return connect(t, bus.Options{Name: t.Name(), User: "control", Password: "test", InProcess: s})
}

// Host connects to a server with the rights of the agent on host localhost.
func Host(t testing.TB, s *NATS) *bus.Conn {
	t.Helper()
	return connect(t, bus.Options{Name: t.Name(), User: "host-localhost", Password: "test", InProcess: s,
		InboxPrefix: embed.InboxPrefix("localhost")})
}

// ConnectLogging is Connect with a logger that a test reads.
func ConnectLogging(t testing.TB, log *slog.Logger) *bus.Conn {
	t.Helper()
	return connect(t, bus.Options{Name: t.Name(), User: "control", Password: "test", InProcess: Server(t), Log: log})
}

// Connect starts a server and connects to it as a control service.
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
	return c
}
