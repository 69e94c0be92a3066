package up

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// detachedEnv tells a `clocker up` that it was started by Detach.
const detachedEnv = "CLOCKER_DETACHED"

const poll = 20 * time.Millisecond

// Detached reports whether this process was started by Detach.
func Detached(env func(string) string) bool { return env(detachedEnv) != "" }

// Detach starts this program in the background with the same settings, unless that was done before, and returns when it
// is ready. When it fails before, the error is what it said last; when ctx ends before, it goes on and the error says
// where its log is. One that runs in the foreground is *Held.
func Detach(ctx context.Context, o Options) error {
	d, err := OpenData(o.Dir)
	if err != nil {
		return err
	}
	h, held, err := holderOf(d)
	switch {
	case err != nil:
		return err
	case held && !h.Detached:
		return &Held{Dir: d.Dir, Holder: h}
	case held && h.Ready:
		o.tellDetached(ctx, "Clocker runs already.", d, h)
		return nil
	case held:
		return awaitDetached(ctx, d, o, nil, 0)
	}
	log, err := os.OpenFile(d.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	cmd, err := background(d, log, o.background)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return awaitDetached(ctx, d, o, exited, from)
}

func background(d Data, log *os.File, more []string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self, "up")
	cmd.Env = append(append(os.Environ(), more...), detachedEnv+"=yes", "CLOCKER_DATA="+d.Dir)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the end of this terminal must not end it
	return cmd, nil
}

// Unready says that nobody waits any more for a Clocker that starts in the background.
type Unready struct {
	Log string
	Err error
}

func (u *Unready) Error() string {
	return "clocker is not ready yet, and goes on in the background; see " + u.Log
}

func (u *Unready) Unwrap() error { return u.Err }

// awaitDetached waits for another process; exited is nil when it is not our child.
func awaitDetached(ctx context.Context, d Data, o Options, exited <-chan error, from int64) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case err := <-exited:
			return fmt.Errorf("clocker ended at once (%v); it said:\n%s", err, lastSaid(d.LogFile(), from))
		case <-ctx.Done():
			return &Unready{Log: d.LogFile(), Err: ctx.Err()}
		case <-tick.C:
		}
		h, held, err := holderOf(d)
		if exited == nil && !held && err == nil {
			return fmt.Errorf("clocker ended while it started; see %s", d.LogFile())
		}
		if err == nil && held && h.Ready {
			o.tellDetached(ctx, "Clocker is ready.", d, h)
			return nil
		}
	}
}

// tellDetached tells of a Clocker in the background, and what that one could only write into its log: that it has no Engine.
func (o Options) tellDetached(ctx context.Context, first string, d Data, h Holder) {
	o.Say(welcome(first, d, h.URL))
	o.Say(fmt.Sprintf("It runs in the background as process %d; log: %s; end it with: clocker down", h.PID, d.LogFile()))
	if warning := engineWarning(ctx); warning != "" {
		o.Say(warning)
	}
}

// lastSaid is the end of what was logged since from.
func lastSaid(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, from, 1<<20))
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) > 15 {
		lines = lines[len(lines)-15:]
	}
	return "  " + strings.TrimSpace(string(bytes.Join(lines, []byte("\n  "))))
}

// Down ends the `clocker up` that holds a data directory and was started by Detach, and returns when it has ended. It
// is no error when none runs: false says so.
func Down(ctx context.Context, dir string) (bool, error) {
	d := Data{Dir: dir}
	h, held, err := holderOf(d)
	switch {
	case err != nil || !held:
		return false, err
	case h.PID == 0:
		return false, fmt.Errorf("clocker on %s has only just started; try again", dir)
	case !h.Detached:
		return false, &Held{Dir: dir, Holder: h}
	case h.Space != pidSpace():
		return false, fmt.Errorf("clocker on %s runs in another container (as process %d there); end it there", dir, h.PID)
	}
	if err := syscall.Kill(h.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return false, fmt.Errorf("end process %d: %w", h.PID, err)
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		now, held, err := holderOf(d)
		if err != nil || !held || now.PID != h.PID {
			return true, err
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("process %d does not end: %w", h.PID, ctx.Err())
		case <-tick.C:
		}
	}
}
