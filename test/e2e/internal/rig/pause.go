package rig

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Pause stops a program as it stands, with SIGSTOP, and returns when none of its threads runs. Postgres is all its
// processes.
func (r *Rig) Pause(name string) {
	r.t.Helper()
	for _, pid := range r.pids(name) {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			r.t.Fatalf("stop %s: %v", name, err)
		}
		Eventually(r.t, name+" to stand still", Limit, func() error { return stands(pid) })
	}
}

// Resume lets a paused program go on.
func (r *Rig) Resume(name string) {
	r.t.Helper()
	for _, pid := range r.pids(name) {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			r.t.Fatalf("continue %s: %v", name, err)
		}
	}
}

// PausePostmaster stops the process of Postgres that takes connections; those that are made go on.
func (r *Rig) PausePostmaster() {
	r.t.Helper()
	pid := r.postmaster()
	if pid == 0 {
		r.t.Fatal("no Postgres runs that could be stopped")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		r.t.Fatal(err)
	}
	Eventually(r.t, "Postgres to stand still", Limit, func() error { return stands(pid) })
}

// ResumePostmaster lets it take connections again.
func (r *Rig) ResumePostmaster() {
	r.t.Helper()
	if err := syscall.Kill(r.postmaster(), syscall.SIGCONT); err != nil {
		r.t.Fatal(err)
	}
}

// pids are the processes of a program, the one that starts others first.
func (r *Rig) pids(name string) []int {
	r.t.Helper()
	p := r.processes[name]
	if over, err := p.ended(); over {
		r.t.Fatalf("%s has ended: %v", name, err)
	}
	if name != "postgres" {
		return []int{p.cmd.Process.Pid}
	}
	postmaster := r.postmaster()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", postmaster))
	if err != nil {
		r.t.Fatal(err)
	}
	pids := []int{postmaster}
	for _, word := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			r.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// stands says which thread of a process is not stopped.
func stands(pid int) error {
	states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(states) == 0 {
		return fmt.Errorf("process %d has %d threads (%v)", pid, len(states), err)
	}
	for _, file := range states {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, rest, _ := strings.Cut(string(text), ") "); !strings.HasPrefix(rest, "T") {
			return fmt.Errorf("a thread of process %d is in state %.1s", pid, rest)
		}
	}
	return nil
}

// Tenure is the present tenure of a role that must be single: who has it, and its fence. Nobody has it while it is on
// its way from one to another.
func (r *Rig) Tenure(lease string) (holder, fence string) {
	r.t.Helper()
	fence = r.SQL("select fence from events.leases where name = '" + lease + "' and expires_at > now()")
	if fence == "" {
		return "", ""
	}
	for _, name := range r.order {
		for _, l := range r.logged(name, "took a role") {
			if l["lease"] == lease && fmt.Sprint(l["fence"]) == fence {
				return name, fence
			}
		}
	}
	return "", fence
}

// Lost reports whether a program says that a tenure of its own ended before it wanted that.
func (r *Rig) Lost(name, lease string) bool {
	r.t.Helper()
	return slices.ContainsFunc(r.logged(name, "lost a role"), func(l map[string]any) bool { return l["lease"] == lease })
}

func (r *Rig) logged(name, message string) []map[string]any {
	r.t.Helper()
	text, err := os.ReadFile(r.processes[name].log)
	if err != nil {
		r.t.Fatal(err)
	}
	var out []map[string]any
	for line := range bytes.Lines(text) {
		var l map[string]any
		if bytes.Contains(line, []byte(message)) && json.Unmarshal(line, &l) == nil && l["msg"] == message {
			out = append(out, l)
		}
	}
	return out
}

// Hold keeps the locks that a statement takes until release is called.
func (r *Rig) Hold(statement string) (release func()) {
	r.t.Helper()
	cmd := exec.Command(psql(), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", r.DatabaseURL)
	in, err := cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		_ = in.Close() // psql ends, and its transaction with it
		_ = cmd.Wait()
	})
	if _, err := fmt.Fprintf(in, "set idle_in_transaction_session_timeout = 0; begin; %s; \\echo held\n", statement); err != nil {
		r.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "held" {
			return release
		}
	}
	release()
	r.t.Fatalf("psql ended before it held the locks of %s", statement)
	return nil
}

// Blocked reports whether a transaction of a role that must be single waits for a lock: one of this database role that has
// looked at a lease, as that of its holder alone does.
func (r *Rig) Blocked(role string) bool {
	r.t.Helper()
	return r.SQL(fmt.Sprintf(`select count(*) from pg_stat_activity a
		where application_name = 'clocker_%s' and wait_event_type = 'Lock'
		and exists (select from pg_locks l where l.pid = a.pid and l.relation = 'events.leases'::regclass)`, role)) != "0"
}

// Metric is the sum of a program's series of this name that have this label, such as lease="sequencer".
func (r *Rig) Metric(name, metric, label string) float64 {
	r.t.Helper()
	text, err := Page(r.processes[name].health + "/metrics")
	if err != nil {
		r.t.Fatal(err)
	}
	sum := 0.0
	for line := range strings.Lines(text) {
		labels, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if !ok || !strings.HasPrefix(labels, metric+"{") || !strings.Contains(labels, label) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			r.t.Fatalf("%s of %s: %v", line, name, err)
		}
		sum += n
	}
	return sum
}
