package sense

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
)

// machine is what is remembered of the machine between rounds.
type machine struct {
	at     time.Time
	before usage.Machine
	root   string // of the Engine
	memory clocker.Measure
}

// measureMachine gives the values of the host that are known.
func (s *Sensing) measureMachine(ctx context.Context, running int) map[string]clocker.Measure {
	read := func(name ...string) string {
		text, _ := os.ReadFile(filepath.Join(append([]string{s.Proc}, name...)...)) // none reads as nothing
		return string(text)
	}
	var now usage.Machine
	at := s.Now()
	now.Busy, now.All = usage.Ticks(read("stat"))
	now.Received, now.Sent = usage.Interfaces(read("net", "dev"), usage.Outward(read("net", "route")))
	total, free := usage.MachineMemory(read("meminfo"))
	since := at.Sub(s.machine.at)
	out := map[string]clocker.Measure{
		sensors.MachineCPU: usage.Share(s.machine.before, now), sensors.MachineLoad: usage.First(read("loadavg")),
		sensors.MachineUptime: usage.First(read("uptime")),
		sensors.MachineMemory: total, sensors.MachineMemoryFree: free, sensors.MachineMemoryUsed: total - free,
		sensors.MachineReceived: now.Received, sensors.MachineReceivedRate: usage.PerSecond(s.machine.before.Received, now.Received, since),
		sensors.MachineSent: now.Sent, sensors.MachineSentRate: usage.PerSecond(s.machine.before.Sent, now.Sent, since),
		sensors.ContainersTotal: clocker.Measure(running),
	}
	if s.machine.at.IsZero() {
		for _, name := range []string{sensors.MachineCPU, sensors.MachineReceivedRate, sensors.MachineSentRate} {
			out[name] = clocker.Unknown()
		}
	}
	if s.machine.root == "" {
		s.machine.root, _ = s.Engine.Root(ctx) // asked again in the next round
	}
	out[sensors.MachineDisk], out[sensors.MachineDiskUsed] = disk(s.machine.root)
	out[sensors.MachineData], out[sensors.MachineDataUsed] = disk(s.Data)
	s.machine.at, s.machine.before, s.machine.memory = at, now, total
	for name, v := range out {
		if !v.Known() {
			delete(out, name)
		}
	}
	return out
}

// disk is the size of the file system of a directory and what is used of it. A directory of the machine that cannot be seen
// from here has none.
func disk(dir string) (total, used clocker.Measure) {
	var fs syscall.Statfs_t
	if dir == "" || syscall.Statfs(dir, &fs) != nil {
		return clocker.Unknown(), clocker.Unknown()
	}
	block := clocker.Measure(fs.Bsize)
	return clocker.Measure(fs.Blocks) * block, clocker.Measure(fs.Blocks-fs.Bfree) * block
}
