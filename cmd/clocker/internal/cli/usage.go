package cli

import (
	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/clocker"
)

// silent stands for values of a host that no longer says any: the last ones are not what is now.
const silent = "silent"

// cpuOf is what a container uses of its processors, in percent of one core.
func cpuOf(u *client.Usage) string {
	if u == nil {
		return ""
	}
	return current(u.Stale, render.Percent, u.CPU)
}

func memoryOf(u *client.Usage) string {
	if u == nil {
		return ""
	}
	used := current(u.Stale, render.Amount, u.Memory)
	if u.Stale || !u.MemoryLimit.Known() {
		return used
	}
	return used + " of " + render.Amount(u.MemoryLimit)
}

// hostCPU is what is used of all processors of a host together.
func hostCPU(u *client.HostUsage) string {
	if u == nil {
		return ""
	}
	return current(u.Stale, render.Percent, u.CPU)
}

func hostMemory(u *client.HostUsage) string {
	if u == nil {
		return ""
	}
	return current(u.Stale, render.Amount, u.Memory)
}

func current(stale bool, written func(clocker.Measure) string, value clocker.Measure) string {
	if stale {
		return silent
	}
	return written(value)
}
