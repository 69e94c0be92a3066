package usage

import (
	"bufio"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// noLimit is from where on a limit of memory is none: the kernel writes the largest number of pages for it.
const noLimit = 1 << 60

// Groups are the control groups of a process, by controller as the kernel names them (cpuacct, memory); the group of the
// unified hierarchy has the empty name.
type Groups map[string]string

// GroupsOf reads /proc/<pid>/cgroup. It gives only groups that are named after the container of an id, up to that name:
// a process may have made groups of its own below. No such group means that the process belongs to somebody else.
func GroupsOf(text, id string) Groups {
	g := Groups{}
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || id == "" {
			continue
		}
		at := strings.Index(parts[2], id)
		if at < 0 {
			continue
		}
		path := parts[2]
		if end := strings.IndexByte(path[at:], '/'); end >= 0 {
			path = path[:at+end]
		}
		for _, controller := range strings.Split(parts[1], ",") {
			g[controller] = path
		}
	}
	return g
}

// Files gives the text of a file of a container's control group by controller and name; false when it cannot be read.
type Files func(controller, name string) (string, bool)

// V1 reads the control groups of version 1, where each controller has a hierarchy of its own.
func V1(read Files) Counters {
	c := Nothing()
	c.CPU = number(read, "cpuacct", "cpuacct.usage") / 1e9
	c.Memory = resident(number(read, "memory", "memory.usage_in_bytes"), keyed(read, "memory", "memory.stat", "total_inactive_file"))
	c.Limit = limit(number(read, "memory", "memory.limit_in_bytes"))
	c.Processes = number(read, "pids", "pids.current")
	for _, name := range []string{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"} {
		if text, ok := read("blkio", name); ok {
			c.Read, c.Written = blockV1(text)
			break
		}
	}
	return c
}

// V2 reads the one control group of version 2.
func V2(read Files) Counters {
	c := Nothing()
	c.CPU = keyed(read, "", "cpu.stat", "usage_usec") / 1e6
	c.Memory = resident(number(read, "", "memory.current"), keyed(read, "", "memory.stat", "inactive_file"))
	c.Limit = limit(number(read, "", "memory.max"))
	c.Processes = number(read, "", "pids.current")
	if text, ok := read("", "io.stat"); ok {
		c.Read, c.Written = blockV2(text)
	}
	return c
}

// resident is the memory in use without what the kernel can drop at once, as Docker counts it.
func resident(used, inactive clocker.Measure) clocker.Measure {
	if !used.Known() || !inactive.Known() || inactive > used {
		return used
	}
	return used - inactive
}

func limit(v clocker.Measure) clocker.Measure {
	if v >= noLimit {
		return clocker.Unknown()
	}
	return v
}

// blockV1 adds up lines such as "8:0 Read 4096" over all devices.
func blockV1(text string) (read, written clocker.Measure) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		switch fields[1] {
		case "Read":
			read += parse(fields[2])
		case "Write":
			written += parse(fields[2])
		}
	}
	return read, written
}

// blockV2 adds up lines such as "8:0 rbytes=4096 wbytes=0 rios=1" over all devices.
func blockV2(text string) (read, written clocker.Measure) {
	for line := range strings.Lines(text) {
		for _, field := range strings.Fields(line) {
			switch name, value, _ := strings.Cut(field, "="); name {
			case "rbytes":
				read += parse(value)
			case "wbytes":
				written += parse(value)
			}
		}
	}
	return read, written
}

// number is a file that holds one number.
func number(read Files, controller, name string) clocker.Measure {
	text, ok := read(controller, name)
	if !ok {
		return clocker.Unknown()
	}
	return parse(strings.TrimSpace(text))
}

// keyed is one number of a file with a name and a number in each line.
func keyed(read Files, controller, name, key string) clocker.Measure {
	text, ok := read(controller, name)
	if !ok {
		return clocker.Unknown()
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), " "); ok && k == key {
			return parse(strings.TrimSpace(v))
		}
	}
	return clocker.Unknown()
}

// parse reads a number that counts something; what is none, such as max, is not known.
func parse(text string) clocker.Measure {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return clocker.Unknown()
	}
	return clocker.Measure(n)
}
