package rig

import (
	"net"
	"testing"
	"time"
)

// Eventually asks again, every 50 ms, until ask has no error; it is for what gives no signal.
func Eventually(t testing.TB, what string, limit time.Duration, ask func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	over := time.After(limit)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("waited %s for %s: %v", limit, what, err)
		}
	}
}

// Throughout asks again, four times a second, for a length of time, and ends the test at the first error: it is for what
// must hold all the while. It asks at least once.
func Throughout(t testing.TB, what string, length time.Duration, ask func() error) {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	over := time.After(length)
	for began := time.Now(); ; {
		if err := ask(); err != nil {
			t.Fatalf("wanted %s for %s; after %s: %v", what, length, time.Since(began).Round(time.Millisecond), err)
		}
		select {
		case <-tick.C:
		case <-over:
			return
		}
	}
}

func dial(address string) error {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}
