package rig

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// slots is how many installations of tests fit on one machine.
const slots = 40

// Ports of a slot, from its first one.
const (
	portAPI = iota
	portNATS
	portHealth // and one for each service
	portsEach  = 20
)

// slot is a share of what installations on one Engine would clash over: ports, addresses, bridges. It is held by a lock
// that the kernel gives back when this process ends.
type slot struct {
	n    int
	file *os.File
}

func takeSlot(t testing.TB) *slot {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "clocker-e2e-slots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for n := range slots {
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(n)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		s := &slot{n: n, file: f}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && s.free() {
			return s
		}
		_ = f.Close()
	}
	t.Fatalf("all %d shares of this machine are taken; their locks are in %s", slots, dir)
	return nil
}

// free reports whether nobody else has the slot's ports, and no network is left in its addresses.
func (s *slot) free() bool {
	for i := range portsEach {
		l, err := net.Listen("tcp", s.address(i))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	pool := netip.MustParsePrefix(s.pool())
	addresses, err := net.InterfaceAddrs()
	return err == nil && !slices.ContainsFunc(addresses, func(a net.Addr) bool {
		at, err := netip.ParsePrefix(a.String())
		return err == nil && pool.Contains(at.Addr())
	})
}

func (s *slot) address(port int) string {
	return "127.0.0.1:" + strconv.Itoa(20000+s.n*portsEach+port) // below what the kernel gives to outgoing connections
}

func (s *slot) settings() []string {
	return []string{
		"CLOCKER_POOL=" + s.pool(),
		fmt.Sprintf("CLOCKER_FIRST_VNI=%d", 20000+s.n*1000),
		// Host ports are leased from the same number in every installation; on addresses apart they do not meet.
		"CLOCKER_PUBLISH_ADDRESS=" + s.publishAddress(),
		"CLOCKER_RESERVE_PORTS=false", // it would be so for the whole machine, and after the tests
	}
}

func (s *slot) publishAddress() string { return fmt.Sprintf("127.0.%d.1", 100+s.n) }

func (s *slot) pool() string { return fmt.Sprintf("10.%d.0.0/16", 208+s.n) }

func (s *slot) release() { _ = s.file.Close() }

// PublishAddress is where host ports are published: an address of the loopback network that no other installation has.
func (r *Rig) PublishAddress() string { return r.slot.publishAddress() }

// Pool is where this installation carves its networks from: a /16 that no other has.
func (r *Rig) Pool() string { return r.slot.pool() }
