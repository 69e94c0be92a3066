package agent_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"clocker.io/pkg/clocker"

	"github.com/vishvananda/netlink"
)

// inside says that this process is the one that a test started in a network namespace of its own.
const inside = "CLOCKER_TEST_INSIDE"

// An agent that may keeps the leased ports out of the kernel's choice, and not before its machine is a host. It does so
// here in a network namespace: the machine's own setting stays what it is.
func TestAnAgentThatMayKeepsLeasedPortsWhenItsHostIsWanted(t *testing.T) {
	t.Parallel()
	docker(t)
	if os.Getenv(inside) != "" {
		keepsLeased(t)
		return
	}
	if os.Geteuid() != 0 && os.Getenv("CLOCKER_TEST_ROOT") == "none" {
		t.Skip("CLOCKER_TEST_ROOT=none: only root may make a network namespace")
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), inside+"=yes")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a network namespace, as root (or set CLOCKER_TEST_ROOT=none to go without): %v\n%s", err, out)
	}
}

func keepsLeased(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
	reserved := func() string {
		t.Helper()
		text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	b := newBench(t)
	b.env["CLOCKER_RESERVE_PORTS"] = "true"
	b.wait = true
	b.launch()
	b.until("an offer of the host", func() bool { return b.asked > 0 })
	if got := reserved(); got != "" {
		t.Errorf("before the host is wanted, %q are reserved", got)
	}
	b.set(func() { b.wait = false })
	b.send(clocker.SubjectWant+host, clocker.Want{Host: &clocker.HostWant{Reason: "needed"}})
	b.seen("host.reconciled")
	if got := reserved(); got != "49000-65535" {
		t.Errorf("%q are reserved", got)
	}
}
