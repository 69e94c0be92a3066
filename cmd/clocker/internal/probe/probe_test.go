package probe

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"clocker.io/cmd/clocker/internal/doctor"
)

func TestALookThatHangsIsNamedAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		looks := []look{
			{"a disk that hangs", func(context.Context) func(*doctor.Facts) { <-release; return func(*doctor.Facts) {} }},
			{"what answers", func(context.Context) func(*doctor.Facts) { return func(f *doctor.Facts) { f.Account = "seen" } }},
		}
		var f doctor.Facts
		silent := gather(t.Context(), looks, &f, patience)
		if len(silent) != 1 || silent[0] != (doctor.Silence{What: "a disk that hangs", After: patience}) || f.Account != "seen" {
			t.Errorf("silent %v, facts %q", silent, f.Account)
		}
	})
}

func TestWhoListensIsFoundByAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr).AddrPort()
	sockets := listening("tcp", "0A")
	i := slices.IndexFunc(sockets, func(s socket) bool { return s.at == at })
	if i < 0 {
		t.Fatalf("%s is not among %v", at, sockets)
	}
	port := ":" + strconv.Itoa(int(at.Port()))
	running := []program{{Process: doctor.Process{PID: 9, Name: "x"}, sockets: []string{sockets[i].inode}}}
	for address, want := range map[string]bool{"127.0.0.1" + port: true, "0.0.0.0" + port: true, port: true, "127.0.0.2" + port: false, "127.0.0.1:1": false} {
		who, taken := sockets[i].takes(doctor.Port{Code: "port-api", Address: address}, running)
		if taken != want || (want && who.PID != 9) {
			t.Errorf("%s: %v %v, want %v", address, who, taken, want)
		}
	}
	wild := socket{at: netip.AddrPortFrom(netip.IPv6Unspecified(), 53)}
	for s, want := range map[socket]bool{wild: true, {at: netip.MustParseAddrPort("127.0.0.53:53")}: false} {
		if who, taken := s.takes(doctor.Port{Code: "port-dns", Address: "0.0.0.0:53"}, nil); taken != want || who.PID != 0 {
			t.Errorf("%v: %v %v, want %v of a process that we may not see", s.at, who, taken, want)
		}
	}
}

func TestTheKernelSaysWhoHasALock(t *testing.T) {
	t.Parallel()
	const locks = "1: FLOCK  ADVISORY  WRITE 4711 00:2f:123456 0 EOF\n2: POSIX  ADVISORY  WRITE 4712 00:2f:123456 0 EOF\n" +
		"3: FLOCK  ADVISORY  WRITE 4713 00:2f:3456 0 EOF\n3: -> FLOCK  ADVISORY  WRITE 4714 00:2f:123456 0 EOF\nbroken\n"
	if got := holderPIDs(locks, "123456"); !slices.Equal(got, []int{4711}) {
		t.Errorf("%v, want 4711: of that file, and not who waits for it", got)
	}
}

func TestClocksAreComparedAtTheMiddleOfTheQuestion(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := clockOf("clock-x", "x", before.Add(3*time.Second), before, before.Add(2*time.Second), halfSecond)
	if c.Ahead != 2*time.Second || c.Within != 1500*time.Millisecond {
		t.Errorf("ahead %s within %s", c.Ahead, c.Within)
	}
}

func TestAProcessSeesItsParent(t *testing.T) {
	t.Parallel()
	if !slices.ContainsFunc(readPrograms(), func(p program) bool { return p.PID == os.Getppid() && p.Name != "" }) {
		t.Error("this process's parent is not among the programs")
	}
	if halted(os.Getpid()) {
		t.Error("this process runs and counts as stopped")
	}
	if kilobytes("MemTotal:  8 kB\nMemAvailable: 5 kB\n", "MemAvailable:") != 5120 {
		t.Error("kilobytes are not read")
	}
}
