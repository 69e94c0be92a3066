package keeper

import (
	"context"
	"sync"
	"time"
)

const (
	exits    = 4               // containers that end at once on one host
	exitTurn = 2 * time.Second // after which one that takes its time gives its turn on; on a busy host all take some
)

// leaving bounds how many containers leave their network at the same moment: an Engine (20.10) that sees twenty of them go
// together may lose count of the network's endpoints, and refuses to remove it until it is started again (moby 42119). Who
// takes long to end keeps the others waiting for a moment only.
type leaving chan struct{}

func newLeaving() leaving { return make(leaving, exits) }

// wait waits for a turn to end a container; done ends the turn.
func (l leaving) wait(ctx context.Context) (done func(), err error) {
	select {
	case l <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	pass := sync.OnceFunc(func() { <-l })
	late := time.AfterFunc(exitTurn, pass)
	return func() {
		late.Stop()
		pass()
	}, nil
}
