package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// end clears the installation away. A test that passed so far fails when the system left something behind.
func (r *Rig) end() {
	defer r.clear() // also when one of the waits below ends the test
	if r.Events != nil && !r.t.Failed() {
		r.DeleteAll()
		r.NothingLeft()
		if gap := r.Events.Gap(); gap != "" {
			r.t.Errorf("numbers of events: %s", gap)
		}
	}
}

func (r *Rig) clear() {
	if r.t.Failed() {
		r.explain()
	}
	if r.Events != nil {
		r.Events.stop()
	}
	if r.simulated != nil {
		r.simulated.stop()
	}
	r.StopAll()
	r.nothingRefused()
	if pid := r.postmaster(); pid != 0 {
		r.t.Errorf("Postgres (pid %d) outlives its installation", pid)
		killPID(pid)
	}
	if r.Engine != nil {
		r.sweep()
		r.Engine.stop()
	}
	r.slot.release()
	if err := os.RemoveAll(r.Dir); err != nil {
		r.t.Errorf("remove the data directory: %v", err)
	}
}

// nothingRefused reads NATS's log: whoever does its work is refused nothing. An agent that answers a request of before
// its connection was lost may be: the right to answer went with the connection.
func (r *Rig) nothingRefused() {
	for _, name := range []string{"nats", "clocker"} {
		p := r.processes[name]
		if p == nil {
			continue
		}
		log, err := os.ReadFile(p.log)
		if err != nil {
			r.t.Error(err)
		}
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, `"msg":"NATS refused"`) && !strings.Contains(line, `"subject":"_INBOX.api.`) {
				r.t.Errorf("a right is missing, or used by who should not: %s", line)
			}
		}
	}
}

// DeleteAll deletes every application that is still there and waits until all are gone.
func (r *Rig) DeleteAll() {
	for _, a := range r.API.Applications() {
		if !r.isGone(a.UID) { // else the list has not heard of it yet
			r.API.Delete(a.Application)
			r.Gone(a.UID)
		}
	}
}

func (r *Rig) isGone(uid string) bool {
	return len(r.Events.All(0, func(e Event) bool { return e.Topic == "application.gone" && e.UID == uid })) > 0
}

// NothingLeft waits until the Engine holds no container, network or volume of the installation, and says what is left.
// Built images stay as long as their records, so that the next application finds them; so does a network that the Engine
// cannot let go.
func (r *Rig) NothingLeft() {
	r.t.Helper()
	Eventually(r.t, "the Engine to hold nothing of ours", Limit, func() error {
		var left []string
		for _, kind := range []string{"container", "network", "volume"} {
			for _, name := range r.Engine.Ours(kind) {
				if kind != "network" || !r.stuck(name) {
					left = append(left, kind+" "+name)
				}
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("left behind: %s", strings.Join(left, ", "))
		}
		return nil
	})
}

// stuck reports whether the agent has found that the Engine has lost count of who is on a network (moby 42119), with which
// only starting the Engine again helps, and the Engine refuses everybody else as well.
func (r *Rig) stuck(network string) bool {
	for _, name := range []string{"agent", "clocker"} {
		p := r.processes[name]
		if p == nil {
			continue
		}
		log, err := os.ReadFile(p.log)
		if err != nil {
			r.t.Fatal(err)
		}
		if strings.Contains(string(log), "counts endpoints that are not there on the network "+network+",") {
			_, err := r.Engine.TryDocker("network", "rm", network)
			return err != nil && strings.Contains(err.Error(), "has active endpoints")
		}
	}
	return false
}

// sweep removes whatever of the installation is left in the Engine; the test has had its say.
func (r *Rig) sweep() {
	for _, kind := range []string{"container", "network", "volume", "image"} {
		for _, name := range r.Engine.Ours(kind) {
			args := []string{kind, "rm", name}
			if kind != "network" {
				args = []string{kind, "rm", "--force", name}
			}
			if _, err := r.Engine.TryDocker(args...); err != nil {
				r.t.Logf("clear away: %v", err)
			}
		}
	}
}

// explain shows what a failed test would be asked for first, and keeps the rest.
func (r *Rig) explain() {
	if r.Events != nil {
		r.t.Logf("the last events:\n%s", r.Events.Tail(60))
	}
	kept, err := os.MkdirTemp("", "clocker-e2e-failed-")
	if err != nil {
		r.t.Log(err)
		return
	}
	for _, name := range r.order {
		p := r.processes[name]
		over, how := p.ended()
		r.t.Logf("%s (ended: %v, %v) said last:\n%s", name, over, how, p.complaints(12))
	}
	if out, err := exec.Command("cp", "-r", filepath.Join(r.Dir, "log"), kept).CombinedOutput(); err != nil {
		r.t.Logf("keep the logs: %v: %s", err, out)
	}
	if r.Events != nil {
		if err := os.WriteFile(filepath.Join(kept, "events.txt"), []byte(r.Events.Tail(1<<30)), 0o644); err != nil {
			r.t.Log(err)
		}
	}
	r.t.Logf("all events and logs are kept in %s", kept)
}

// complaints are the last lines that are no everyday news.
func (p *process) complaints(n int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	var out []string
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte(`"level":"DEBUG"`)) && !bytes.Contains(line, []byte(`"level":"INFO"`)) {
			out = append(out, strings.TrimSpace(string(line)))
		}
	}
	return strings.Join(out[max(0, len(out)-n):], "\n")
}

// postmaster is the pid of the installation's living Postgres; 0 when there is none.
func (r *Rig) postmaster() int {
	text, err := os.ReadFile(filepath.Join(r.Dir, "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || !runs(pid) {
		return 0
	}
	return pid
}

// runs reports whether a process is there and not merely waiting for its parent to notice its end.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest != "" && rest[0] != 'Z' && rest[0] != 'X'
}

func killPID(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) } // it may have ended by itself

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	default:
		return -1
	}
}
