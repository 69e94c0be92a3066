package usage

import (
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// Interfaces adds up /proc/<pid>/net/dev over the interfaces that count; nil counts all but the loopback. Both values are unknown
// when there is no such interface.
func Interfaces(text string, counts map[string]bool) (received, sent clocker.Measure) {
	seen := false
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		name = strings.TrimSpace(name)
		if !ok || len(fields) < 9 || name == "lo" || counts != nil && !counts[name] {
			continue
		}
		seen = true
		received += parse(fields[0])
		sent += parse(fields[8])
	}
	if !seen {
		return clocker.Unknown(), clocker.Unknown()
	}
	return received, sent
}

// Outward reads /proc/net/route: the interfaces with a default route, which lead out of the machine.
func Outward(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 7 && f[1] == "00000000" && f[7] == "00000000" {
			out[f[0]] = true
		}
	}
	return out
}

// Machine is what was counted of the machine up to a moment.
type Machine struct {
	Busy, All      clocker.Measure // ticks of all cores
	Received, Sent clocker.Measure
}

// Ticks reads the first line of /proc/stat: ticks of all cores that were used, and all ticks. Time that another guest of
// the hypervisor took counts as used: the machine did not have it.
func Ticks(text string) (busy, all clocker.Measure) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 5 || fields[0] != "cpu" {
		return clocker.Unknown(), clocker.Unknown()
	}
	for i, f := range fields[1:min(len(fields), 9)] { // what follows steal is part of user and nice
		v := parse(f)
		all += v
		if i != 3 && i != 4 { // idle, iowait
			busy += v
		}
	}
	return busy, all
}

// Share is the part of the machine's time that was used between two counts, from 0 to 1.
func Share(before, now Machine) clocker.Measure {
	all := now.All - before.All
	if !all.Known() || all <= 0 || now.Busy < before.Busy {
		return clocker.Unknown()
	}
	return min((now.Busy-before.Busy)/all, 1)
}

// MachineMemory reads /proc/meminfo: bytes in all, and those that can be had without swapping.
func MachineMemory(text string) (total, available clocker.Measure) {
	total, available = clocker.Unknown(), clocker.Unknown()
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "MemTotal:":
			total = parse(f[1]) * 1024
		case "MemAvailable:":
			available = parse(f[1]) * 1024
		}
	}
	return total, available
}

// First is the first number of a file such as /proc/loadavg or /proc/uptime.
func First(text string) clocker.Measure {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return clocker.Unknown()
	}
	v, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return clocker.Unknown()
	}
	return clocker.Measure(v)
}
