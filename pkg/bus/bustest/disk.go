package bustest

import (
	"errors"
	"net"
	"sync"
	"testing"

	"clocker.io/pkg/bus"
)

// Disk is a server over files that a test damages. It can be stopped and started again over what is left of them, and
// its clients find it again.
type Disk struct {
	Dir string // the stream is in nats below it

	t      testing.TB
	mu     sync.Mutex
	server *NATS // nil while it is stopped
}

// OnDisk starts a server that keeps its stream in dir and ends with the test.
func OnDisk(t testing.TB, dir string) *Disk {
	t.Helper()
	d := &Disk{Dir: dir, t: t}
	d.Start()
	t.Cleanup(d.Stop)
	return d
}

// Start starts the server again.
func (d *Disk) Start() {
	d.t.Helper()
	s := startIn(d.t, d.Dir, "")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server = s
}

// Stop ends the server; its clients try to come back.
func (d *Disk) Stop() {
	d.mu.Lock()
	s := d.server
	d.server = nil
	d.mu.Unlock()
	if s != nil {
		s.Stop()
	}
}

// Control connects with all rights to whichever server runs.
func (d *Disk) Control(t testing.TB) *bus.Conn {
	t.Helper()
	d.mu.Lock()
	file := d.server.Credentials(t, everything)
	d.mu.Unlock()
	return connect(t, bus.Options{Name: t.Name(), Credentials: file, InProcess: d})
}

// InProcessConn implements nats.InProcessConnProvider.
func (d *Disk) InProcessConn() (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == nil {
		return nil, errors.New("the server is stopped")
	}
	return d.server.InProcessConn()
}

// Healthy says why the server is of no use.
func (d *Disk) Healthy() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server.Healthy()
}
