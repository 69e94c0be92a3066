package sense_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"clocker.io/services/agent/internal/sense"
	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
)

// machine is a machine made of files, with an Engine that knows which process belongs to which container.
type machine struct {
	t          *testing.T
	dir        string
	processes  map[string]int
	counted    map[string]usage.Counters
	mu         sync.Mutex
	asked      []string                                              // under mu: the Engine is asked a few things at once
	usage      func(context.Context, string) (usage.Counters, error) // instead of counted, if not nil
	running    []sense.Running
	said       []clocker.Readings
	now        time.Time
	unheard    error
	measurings *sense.Sensing
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, dir: t.TempDir(), processes: map[string]int{}, counted: map[string]usage.Counters{}, now: time.Unix(1000, 0)}
	m.write("proc/stat", "cpu 10 0 0 90 0\n")
	m.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n")
	m.measurings = sense.New(sense.Config{Host: "h1", Every: time.Second, Engine: m, Running: func() []sense.Running { return m.running },
		Epoch: func() int64 { return 3 }, Publish: m.publish, Data: m.dir, Proc: filepath.Join(m.dir, "proc"), Groups: filepath.Join(m.dir, "cgroup"),
		Now: func() time.Time { return m.now }, Log: slog.New(slog.DiscardHandler)})
	return m
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) publish(r clocker.Readings) error {
	m.said = append(m.said, r)
	return m.unheard
}

func (m *machine) ask(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, what)
}

func (m *machine) Process(_ context.Context, id string) (int, error) {
	m.ask("process of " + id)
	return m.processes[id], nil
}

func (m *machine) Usage(ctx context.Context, id string) (usage.Counters, error) {
	m.ask("usage of " + id)
	if m.usage != nil {
		return m.usage(ctx, id)
	}
	c, ok := m.counted[id]
	if !ok {
		return c, errors.New("no such container")
	}
	return c, nil
}

func (m *machine) Root(context.Context) (string, error) { return m.dir, nil }

// run has a container run whose files can be seen.
func (m *machine) run(id string, pid int, cpu, received int) {
	m.t.Helper()
	m.processes[id] = pid
	m.write(fmt.Sprintf("proc/%d/cgroup", pid), "3:cpuacct:/docker/"+id+"\n2:memory:/docker/"+id+"\n")
	m.write(fmt.Sprintf("proc/%d/net/dev", pid), fmt.Sprintf("eth0: %d 0 0 0 0 0 0 0 5 0\n", received))
	m.write("cgroup/cpuacct/docker/"+id+"/cpuacct.usage", fmt.Sprint(cpu*1_000_000_000))
	m.write("cgroup/memory/docker/"+id+"/memory.usage_in_bytes", "4096\n")
}

func (m *machine) assign(ids ...string) {
	m.running = nil
	for i, id := range ids {
		m.running = append(m.running, sense.Running{EngineID: id, Restarts: i,
			Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: i, Generation: 1}})
	}
}

// round measures once, a second later, and gives the values of the containers by ordinal.
func (m *machine) round() []map[string]clocker.Measure {
	m.t.Helper()
	m.said, m.asked = nil, nil
	m.now = m.now.Add(time.Second)
	m.measurings.Round(m.t.Context())
	var out []map[string]clocker.Measure
	for _, r := range m.said {
		for _, c := range r.Containers {
			values := map[string]clocker.Measure{}
			for i, name := range r.Sensors {
				if c.Values[i].Known() {
					values[name] = c.Values[i]
				}
			}
			out = append(out, values)
		}
	}
	return out
}

func TestAContainerIsMeasuredByTheKernelsFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run("aaa", 41, 10, 100)
	m.assign("aaa")
	first := m.round()[0]
	if _, ok := first[sensors.CPU]; ok || first[sensors.Memory] != 4096 || first[sensors.Received] != 100 {
		t.Errorf("the first round says %v", first)
	}
	m.run("aaa", 41, 12, 350)
	m.write("proc/stat", "cpu 20 0 0 120 0\n")
	second := m.round()[0]
	if second[sensors.CPU] != 2 || second[sensors.ReceivedRate] != 250 {
		t.Errorf("the second round says %v", second)
	}
	if len(m.asked) > 0 {
		t.Errorf("the Engine was asked again: %v", m.asked)
	}
	r := m.said[0]
	if r.Host != "h1" || r.Epoch != 3 || r.Machine[sensors.MachineCPU] != 0.25 || r.Machine[sensors.MachineMemoryUsed] != 600*1024 ||
		r.Machine[sensors.MachineDisk] <= 0 || r.Machine[sensors.ContainersTotal] != 1 {
		t.Errorf("of the machine it says %+v", r)
	}
	if text, err := json.Marshal(r); err != nil || strings.Contains(string(text), "NaN") {
		t.Errorf("%s (%v)", text, err)
	}
}

func TestARestartIsNotMeasuredAcross(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run("aaa", 41, 10, 100)
	m.assign("aaa")
	m.round()
	// Its process is another one now, and the old number belongs to somebody else.
	m.write("proc/41/cgroup", "2:memory:/user.slice\n")
	m.run("aaa", 77, 1, 5)
	got := m.round()[0]
	if _, ok := got[sensors.CPU]; ok || got[sensors.Received] != 5 {
		t.Errorf("after a restart it says %v", got)
	}
	if !slices.Equal(m.asked, []string{"process of aaa"}) {
		t.Errorf("asked %v", m.asked)
	}
}

func TestTheEngineIsAskedWhereTheFilesCannotBeSeen(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	// As seen from a container of the agent's own: the number is that of another process, or of none.
	m.processes = map[string]int{"aaa": 1, "bbb": 9999}
	m.write("proc/1/cgroup", "2:memory:/docker/agent\n")
	c := usage.Nothing()
	c.CPU, c.Memory, c.Limit = 3, 2048, 1000*1024
	m.counted = map[string]usage.Counters{"aaa": c, "bbb": c}
	m.assign("aaa", "bbb", "gone")
	got := m.round()
	if got[0][sensors.Memory] != 2048 || got[1][sensors.Memory] != 2048 || got[1][sensors.Restarts] != 1 {
		t.Errorf("it says %v", got)
	}
	if _, ok := got[0][sensors.MemoryLimit]; ok {
		t.Errorf("the machine's memory is a limit: %v", got[0])
	}
	if _, ok := got[2][sensors.Memory]; ok {
		t.Errorf("of a container that is gone it says %v", got[2])
	}
	m.round()
	if slices.ContainsFunc(m.asked, func(q string) bool { return strings.HasPrefix(q, "process") }) {
		t.Errorf("it looks for the files again at once: %v", m.asked)
	}
}

// An Engine that takes its time answers about 256 in a round: each gets its turn, and rates are known in spite of rounds without.
func TestWhoHadNoTurnIsAskedForFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		var ids []string
		for i := range 600 {
			ids = append(ids, fmt.Sprintf("id%04d", i))
		}
		m.assign(ids...)
		answered := map[string]int{}
		m.usage = func(ctx context.Context, id string) (usage.Counters, error) {
			select {
			case <-time.After(1400 * time.Millisecond):
			case <-ctx.Done():
				return usage.Counters{}, ctx.Err()
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			answered[id]++
			c := usage.Nothing()
			c.CPU = clocker.Measure(answered[id])
			return c, nil
		}
		for range 6 {
			m.round()
		}
		for _, id := range ids {
			if n := answered[id]; n < 2 || n > 3 {
				t.Fatalf("%s was measured %d times, where each has its turn 2 or 3 times", id, n)
			}
		}
		rates := 0
		for _, got := range m.round() {
			if got[sensors.CPU] > 0 {
				rates++
			}
		}
		if rates != 256 {
			t.Errorf("of %d containers a rate is known, of 256 there is an answer", rates)
		}
	})
}

func TestAContainerThatTheEngineDidNotNameYetIsLeftOut(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.counted = map[string]usage.Counters{"": usage.Nothing(), "aaa": usage.Nothing()}
	m.assign("", "aaa", "")
	for range 2 {
		if got := m.round(); len(got) != 1 || got[0][sensors.Restarts] != 1 || m.said[0].Machine[sensors.ContainersTotal] != 3 {
			t.Errorf("it says %v, and of the machine %v", got, m.said[0].Machine)
		}
	}
	if i := slices.IndexFunc(m.asked, func(q string) bool { return strings.HasSuffix(q, "of ") }); i >= 0 {
		t.Errorf("the Engine was asked %q", m.asked[i])
	}
}

func TestManyContainersAreSaidInParts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	var ids []string
	for i := range clocker.MaxReadings + 1 {
		ids = append(ids, fmt.Sprintf("id%04d", i))
		m.counted[ids[i]] = usage.Nothing()
	}
	m.assign(ids...)
	if got := m.round(); len(got) != len(ids) || len(m.said) != 2 || m.said[0].Machine == nil || m.said[1].Machine != nil {
		t.Errorf("%d containers in %d parts", len(got), len(m.said))
	}
	for _, r := range m.said {
		if text, err := json.Marshal(r); err != nil || len(text) > 512<<10 {
			t.Errorf("a part has %d bytes (%v)", len(text), err)
		}
	}
	m.assign()
	if m.round(); len(m.said) != 1 || m.said[0].Machine == nil {
		t.Errorf("an empty host says %+v", m.said)
	}
}
