package up

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"
)

// engineWarning says why the local Docker Engine cannot be reached and how to mend it; empty when it can. Clocker runs
// without it: the host is just missing until it answers.
func engineWarning(ctx context.Context) string {
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return fmt.Sprintf("DOCKER_HOST is not usable: %v", err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := c.Ping(ctx); err != nil {
		return mendEngine(c.DaemonHost(), socketError(c.DaemonHost(), err))
	}
	return ""
}

// socketError looks for the reason behind the client's words: they hide whether the socket is absent or closed to us.
func socketError(host string, err error) error {
	path, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return err
	}
	if accessErr := syscall.Access(path, 6); accessErr != nil { // 6: read and write
		return &fs.PathError{Op: "connect", Path: path, Err: accessErr}
	}
	return err
}

func mendEngine(host string, err error) string {
	start := "No Docker Engine answers at " + host + " (" + err.Error() + "). Clocker runs, but has no host until it does.\n"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return start + "  Is it installed? sudo apt-get install docker.io    Is it started? sudo systemctl start docker\n" +
			"  Or name another one: DOCKER_HOST=unix:///path/docker.sock clocker up"
	case errors.Is(err, fs.ErrPermission):
		return start + "  Your account may not use it: sudo usermod -aG docker " + accountName() + "   (then log in again)\n" +
			"  Or start Clocker as root."
	default:
		return start + "  Start it: sudo systemctl start docker    Look at it: sudo journalctl -u docker -n 20\n" +
			"  Or name another one: DOCKER_HOST=unix:///path/docker.sock clocker up"
	}
}

func accountName() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "YOUR-ACCOUNT"
}
