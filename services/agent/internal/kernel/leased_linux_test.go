package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// apart runs fn in a network namespace of its own, on a thread that ends with it: what it sets is of nobody else.
func apart(t *testing.T, fn func() error) {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv("CLOCKER_TEST_ROOT") == "none" {
		t.Skip("CLOCKER_TEST_ROOT=none: only root may make a network namespace")
	}
	ended := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ended <- fmt.Errorf("make a network namespace, as root (or set CLOCKER_TEST_ROOT=none to go without): %w", err)
			return
		}
		ended <- fn()
	}()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

const reservedPorts = "/proc/sys/net/ipv4/ip_local_reserved_ports"

func TestTheKernelGivesNoLeasedPortByItself(t *testing.T) {
	t.Parallel()
	machine, err := os.ReadFile(reservedPorts)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	apart(t, func() error {
		// From a range of which two thirds are leased, so that a hundred ports hit those, were they given.
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 65535"), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(reservedPorts, []byte("8080,40000-40010"), 0o644); err != nil {
			return err
		}
		KeepLeased("/proc", slog.New(slog.NewTextHandler(&log, nil)))
		KeepLeased("/proc", slog.New(slog.NewTextHandler(&log, nil))) // a second installation
		got, err := os.ReadFile(reservedPorts)
		if err != nil {
			return err
		}
		if want := "8080,40000-40010,49000-65535\n"; string(got) != want {
			return fmt.Errorf("reserved are %q, want %q", got, want)
		}
		return given(100)
	})
	if n := strings.Count(log.String(), "level=INFO"); n != 1 || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("it said %q, want one line", log.String())
	}
	if after, err := os.ReadFile(reservedPorts); err != nil || !bytes.Equal(machine, after) {
		t.Errorf("the machine's own were %q and are %q (%v)", machine, after, err)
	}
}

// The kernel gives its list in one read or not whole, and takes a long one in pieces: what is in it stays, however long.
func TestALongListOfReservedPortsStaysWhole(t *testing.T) {
	t.Parallel()
	var long []string
	for n := 1; n < 4000; n += 2 {
		long = append(long, strconv.Itoa(n))
	}
	before := strings.Join(long, ",")
	apart(t, func() error {
		if err := os.WriteFile(reservedPorts, []byte(before), 0o644); err != nil {
			return err
		}
		KeepLeased("/proc", slog.New(slog.DiscardHandler))
		f, err := os.Open(reservedPorts)
		if err != nil {
			return err
		}
		defer f.Close()
		got := make([]byte, 1<<20)
		n, err := f.Read(got)
		if want := before + ",49000-65535\n"; err != nil || string(got[:n]) != want {
			return fmt.Errorf("of %d bytes there are %d (%v)", len(want), n, err)
		}
		return nil
	})
}

// given asks for any port, many times, and wants none that is leased.
func given(times int) error {
	for range times {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte(net.IPv4(127, 0, 0, 1).To4())}); err != nil {
			return err
		}
		at, err := unix.Getsockname(fd)
		if err != nil {
			return err
		}
		if port := at.(*unix.SockaddrInet4).Port; port >= 49000 {
			return fmt.Errorf("the kernel gave port %d", port)
		}
	}
	return nil
}

// Who may not, or would leave too little, says nothing that anybody has to read, and changes nothing.
func TestWhoMayNotKeepLeasedPortsSaysNothingLoud(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	quiet := slog.New(slog.NewTextHandler(&log, nil))
	KeepLeased(t.TempDir(), quiet) // no such setting
	apart(t, func() error {
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("49152 65535"), 0o644); err != nil {
			return err
		}
		KeepLeased("/proc", quiet)
		got, err := os.ReadFile(reservedPorts)
		if err == nil && strings.TrimSpace(string(got)) != "" {
			err = fmt.Errorf("reserved are %q", got)
		}
		return err
	})
	dir := filepath.Join(t.TempDir(), "sys/net/ipv4")
	for _, err := range []error{
		os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "ip_local_port_range"), []byte("32768 60999"), 0o644),
		os.Mkdir(filepath.Join(dir, "ip_local_reserved_ports"), 0o755), // which nobody may write
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keepLeased(dir); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want that it may not", err)
	}
	KeepLeased(filepath.Join(dir, "../../.."), quiet)
	if log.Len() > 0 {
		t.Errorf("it said %q", log.String())
	}
}
