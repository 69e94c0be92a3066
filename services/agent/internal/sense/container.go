package sense

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
)

const (
	asking  = 128         // questions to the Engine at once: it takes a second for each, whose work is done beside others'
	glances = time.Minute // between looks for the kernel's files, once they were out of sight
)

// container is what is remembered of a container between rounds.
type container struct {
	pid    int          // of its first process, as last heard
	before usage.Sample // the last that there was
}

// sight is whether the kernel's files of containers can be seen from here.
type sight struct {
	mu      sync.Mutex
	seen    bool      // they were, once
	blindAt time.Time // when they were last looked for in vain
}

// worth says whether it is worth looking for the files. Once they were seen a miss is the container's own: it has just
// ended or begun.
func (s *sight) worth(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen || now.Sub(s.blindAt) >= glances
}

func (s *sight) note(found bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found {
		s.seen = true
		return
	}
	s.blindAt = now
}

// measureContainers measures all, those for which the Engine has to be asked a few at a time. Where a round is too short to
// ask for all of them, the next one begins with those that wait longest. What is not running any more is forgotten.
func (s *Sensing) measureContainers(ctx context.Context, running []Running) []clocker.ContainerReadings {
	out := make([]clocker.ContainerReadings, len(running))
	next, sources := map[string]*container{}, make([]string, len(running))
	finish := func(i int, now usage.Sample, source string) {
		c, r := next[running[i].EngineID], running[i]
		out[i] = clocker.ContainerReadings{Container: r.Container, Values: values(r, now, usage.Between(c.before, now))}
		if sources[i] = source; source != sourceNone {
			c.before = now
		}
	}
	var ask []int
	for i, r := range running {
		c := s.known[r.EngineID]
		if c == nil {
			c = &container{}
		}
		next[r.EngineID] = c
		if now, ok := s.look(c, r.EngineID); ok {
			finish(i, now, sourceKernel)
			continue
		}
		ask = append(ask, i)
	}
	slices.SortStableFunc(ask, func(a, b int) int {
		return next[running[a].EngineID].before.At.Compare(next[running[b].EngineID].before.At)
	})
	slots := make(chan struct{}, asking)
	var asked sync.WaitGroup
	for _, i := range ask {
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			id := running[i].EngineID
			now, source := s.ask(ctx, next[id], id)
			finish(i, now, source)
		})
	}
	asked.Wait()
	s.known = next
	s.metrics.measured(sources)
	return out
}

// ask finds a container's process and looks again, or takes the Engine's word.
func (s *Sensing) ask(ctx context.Context, c *container, id string) (usage.Sample, string) {
	if now := s.Now(); s.sight.worth(now) {
		pid, err := s.Engine.Process(ctx, id)
		c.pid = pid
		if err == nil && pid > 0 {
			sample, ok := s.look(c, id)
			s.sight.note(ok, now)
			if ok {
				return sample, sourceKernel
			}
		}
	}
	counters, err := s.Engine.Usage(ctx, id)
	if err != nil {
		return usage.Sample{At: s.Now(), Counters: usage.Nothing()}, sourceNone
	}
	if counters.Limit >= s.machine.memory {
		counters.Limit = clocker.Unknown() // what the Engine says of a container without a limit
	}
	return usage.Sample{At: s.Now(), Counters: counters}, sourceEngine
}

// look reads the kernel's files about a container whose process is known. A number may have passed to another process, in this
// machine or in the agent's own container: the files count only if they name the container.
func (s *Sensing) look(c *container, id string) (usage.Sample, bool) {
	now := usage.Sample{At: s.Now()}
	if c.pid == 0 {
		return now, false
	}
	proc := filepath.Join(s.Proc, strconv.Itoa(c.pid))
	text, err := os.ReadFile(filepath.Join(proc, "cgroup"))
	if err != nil {
		return now, false
	}
	groups := usage.GroupsOf(string(text), id)
	read := func(controller, name string) (string, bool) {
		path, ok := groups[controller]
		if !ok {
			return "", false
		}
		text, err := os.ReadFile(filepath.Join(s.Groups, controller, path, name))
		return string(text), err == nil
	}
	// A machine may have both versions mounted; the controllers are in one of them.
	if now.Counters = usage.V1(read); !now.CPU.Known() {
		now.Counters = usage.V2(read)
	}
	if !now.CPU.Known() {
		return now, false
	}
	if dev, err := os.ReadFile(filepath.Join(proc, "net", "dev")); err == nil {
		now.Received, now.Sent = usage.Interfaces(string(dev), nil)
	}
	return now, true
}

// values are those of sensors.Of(sensors.OfContainer), in that order.
func values(r Running, now usage.Sample, rates usage.Rates) []clocker.Measure {
	by := map[string]clocker.Measure{
		sensors.CPU: rates.CPU, sensors.Memory: now.Memory, sensors.MemoryLimit: now.Limit, sensors.Processes: now.Processes,
		sensors.Restarts: clocker.Measure(r.Restarts),
		sensors.Received: now.Received, sensors.ReceivedRate: rates.Received, sensors.Sent: now.Sent, sensors.SentRate: rates.Sent,
		sensors.Read: now.Read, sensors.ReadRate: rates.Read, sensors.Written: now.Written, sensors.WrittenRate: rates.Written,
	}
	list := sensors.Of(sensors.OfContainer)
	out := make([]clocker.Measure, len(list))
	for i, s := range list {
		v, ok := by[s.Name]
		if !ok {
			v = clocker.Unknown()
		}
		out[i] = v
	}
	return out
}
