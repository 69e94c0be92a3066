package hangup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	lookEvery = 20 * time.Millisecond // between looks at processes that are to end
	killTime  = 5 * time.Second       // for the kernel to end what was killed
)

// ErrUnseen says that the leader of a session is no process of its container here: it is gone, or this is another
// namespace of processes than the Engine's, in which its number is somebody else's or nobody's.
var ErrUnseen = errors.New("its process cannot be seen from here")

// Session is the processes that a command in a container has started.
type Session struct {
	Leader    int    // as the Engine's machine counts
	Container string // id in the Engine
}

// End tells all of a session that their terminal went away, kills what is left after grace, and waits until nothing is
// left. Without grace it kills at once.
func (s Session) End(ctx context.Context, grace time.Duration) error {
	if !s.seen() {
		return fmt.Errorf("process %d of the Docker Engine: %w", s.Leader, ErrUnseen)
	}
	if grace > 0 {
		members, err := s.members()
		if err != nil {
			return err
		}
		if err := signal(members, syscall.SIGHUP); err != nil {
			return err
		}
		if err := s.empty(ctx, members, grace); err != nil {
			return err
		}
	}
	// Those that are killed may have started others meanwhile.
	for deadline := time.Now().Add(killTime); ; {
		members, err := s.members()
		switch {
		case err != nil:
			return err
		case len(members) == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("process %d of the Docker Engine's machine does not end, though it was killed", members[0])
		}
		if err := signal(members, syscall.SIGKILL); err != nil {
			return err
		}
		if err := s.empty(ctx, members, time.Until(deadline)); err != nil {
			return err
		}
	}
}

// empty waits until processes have left the session, or some time.
func (s Session) empty(ctx context.Context, members []int, most time.Duration) error {
	wait := time.NewTimer(most)
	defer wait.Stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for s.anyOf(members) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
			return nil
		case <-tick.C:
		}
	}
	return nil
}

func (s Session) anyOf(members []int) bool {
	for _, pid := range members {
		if sessionOf(pid) == s.Leader {
			return true
		}
	}
	return false
}

// seen says whether the leader is a process of the container.
func (s Session) seen() bool {
	group, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.Leader))
	return err == nil && s.Container != "" && strings.Contains(string(group), s.Container) && sessionOf(s.Leader) == s.Leader
}

func signal(members []int, sig syscall.Signal) error {
	var failed error
	for _, pid := range members {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			failed = errors.Join(failed, fmt.Errorf("signal process %d: %w", pid, err))
		}
	}
	return failed
}
