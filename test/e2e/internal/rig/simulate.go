package rig

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"clocker.io/pkg/agenttest"
	"clocker.io/pkg/bus"
)

// simulation is the agent that this process plays.
type simulation struct {
	conn   *bus.Conn
	cancel context.CancelFunc
	ended  chan struct{}
}

// simulate plays the agent of host localhost until the installation is cleared away.
func (r *Rig) simulate() {
	r.t.Helper()
	token, err := os.ReadFile(filepath.Join(r.Dir, "join-token"))
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := bus.Connect(bus.Options{Name: "simulated agent", URL: "nats://" + r.slot.address(portNATS),
		Credentials: r.credentials("host-localhost")})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := r.simulated
	s.conn, s.cancel, s.ended = conn, cancel, make(chan struct{})
	r.Agent = agenttest.New(agenttest.Config{Host: "localhost", Token: strings.TrimSpace(string(token)), Conn: conn})
	go func() {
		defer close(s.ended)
		if err := r.Agent.Run(ctx); err != nil && ctx.Err() == nil {
			r.t.Errorf("the simulated agent ended: %v", err)
		}
	}()
}

func (s *simulation) stop() {
	if s.conn == nil {
		return // the installation did not come up
	}
	s.cancel()
	<-s.ended
	s.conn.Close()
}
