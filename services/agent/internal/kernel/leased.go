package kernel

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"clocker.io/services/agent/internal/hostports"

	"clocker.io/pkg/clocker"
)

// KeepLeased keeps the ports that are leased to containers out of what the kernel gives to outgoing connections and to
// whoever asks for any port, where this process may: as root in the network namespace of its host. Where it may not,
// that is no trouble, only that a lease has to be moved more often. It stays so after the agent's end, until the machine
// starts again: other installations on this machine lease from the same range.
func KeepLeased(proc string, log *slog.Logger) {
	done, err := keepLeased(filepath.Join(proc, "sys/net/ipv4"))
	switch {
	case err != nil:
		log.Debug("the ports of containers are not kept out of the kernel's own choice", "reason", err)
	case done:
		log.Info("the ports of containers are kept out of the kernel's own choice",
			"first", clocker.FirstLeasedPort, "last", clocker.LastLeasedPort)
	}
}

func keepLeased(dir string) (done bool, err error) {
	file := filepath.Join(dir, "ip_local_reserved_ports")
	reserved, err := readAtOnce(file)
	if err != nil {
		return false, fmt.Errorf("read reserved ports: %w", err)
	}
	automatic, err := os.ReadFile(filepath.Join(dir, "ip_local_port_range"))
	if err != nil {
		return false, fmt.Errorf("read the range of automatic ports: %w", err)
	}
	list, err := hostports.Reserve(reserved, string(automatic), clocker.FirstLeasedPort, clocker.LastLeasedPort)
	if err != nil || list == "" {
		return false, err
	}
	if err := os.WriteFile(file, []byte(list+"\n"), 0o644); err != nil {
		return false, fmt.Errorf("reserve ports: %w", err)
	}
	return true, nil
}

// longest is more than the list of every second port takes.
const longest = 256 << 10

// readAtOnce reads a list of the kernel, which it gives in the first read, cut to what that has room for. To add to a list
// that was cut would take the rest of it away.
func readAtOnce(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	text := make([]byte, longest)
	n, err := f.Read(text)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return string(text[:n]), nil
}
