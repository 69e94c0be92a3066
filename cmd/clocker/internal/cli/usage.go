package cli

import (
	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
)

// silent stands for values of a host that no longer says any: the last ones are not what is now.
const silent = "silent"

// cpuOf is what a container uses of its processors, in percent of one core.
func cpuOf(u *client.Usage) string {
	switch {
	case u == nil:
		return ""
	case u.Stale:
		return silent
	}
	return render.Percent(u.CPU)
}

func memoryOf(u *client.Usage) string {
	switch {
	case u == nil:
		return ""
	case u.Stale:
		return silent
	case u.MemoryLimit.Known():
		return render.Amount(u.Memory) + " of " + render.Amount(u.MemoryLimit)
	}
	return render.Amount(u.Memory)
}

// hostCPU is what is used of all processors of a host together.
func hostCPU(u *client.HostUsage) string {
	switch {
	case u == nil:
		return ""
	case u.Stale:
		return silent
	}
	return render.Percent(u.CPU)
}

func hostMemory(u *client.HostUsage) string {
	switch {
	case u == nil:
		return ""
	case u.Stale:
		return silent
	}
	return render.Amount(u.Memory)
}
