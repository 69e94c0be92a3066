package idle

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// tick is the unit in which Linux tells of processor time, to every program alike.
const tick = 10 * time.Millisecond

// process is one that runs, as /proc shows it.
type process struct {
	name   string // its title
	cpu    time.Duration
	memory float64 // proportional set size, MiB
}

// processes are all that run in this namespace.
func processes() (map[int]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	out := map[int]process{}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		stat, err1 := os.ReadFile(filepath.Join(dir, "stat"))
		title, err2 := os.ReadFile(filepath.Join(dir, "cmdline"))
		rollup, err3 := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		if err1 != nil || err2 != nil || err3 != nil || len(title) == 0 {
			continue // it has ended
		}
		out[pid] = process{name: nameOf(title), cpu: cpuOf(string(stat)), memory: memoryOf(string(rollup))}
	}
	return out, nil
}

// nameOf shortens a command line: the program's name, and of Postgres what it says of itself.
func nameOf(cmdline []byte) string {
	first, _, _ := bytes.Cut(cmdline, []byte{0})
	title := strings.TrimSpace(string(first))
	if strings.HasPrefix(title, "postgres: ") {
		words := strings.Fields(title)
		return strings.Join(words[:min(2, len(words))], " ")
	}
	return filepath.Base(title)
}

// cpuOf is the time a process used, of itself and of the system for it.
func cpuOf(stat string) time.Duration {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:]) // the name before may hold anything
	const user, system = 11, 12
	if len(fields) <= system {
		return 0
	}
	u, _ := strconv.ParseInt(fields[user], 10, 64)
	s, _ := strconv.ParseInt(fields[system], 10, 64)
	return time.Duration(u+s) * tick
}

func memoryOf(rollup string) float64 {
	for line := range strings.Lines(rollup) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// share is what processes of a name used.
type share struct {
	name   string
	count  int
	cpu    float64 // percent of a core
	memory float64 // MiB
}

type used []share

// usage sums up by name, the busiest first. A process that began or ended meanwhile counts for what is known of it.
func usage(before, after map[int]process, took time.Duration) used {
	by := map[string]*share{}
	for pid, p := range after {
		s := by[p.name]
		if s == nil {
			s = &share{name: p.name}
			by[p.name] = s
		}
		s.count++
		s.memory += p.memory
		s.cpu += 100 * float64(p.cpu-before[pid].cpu) / float64(took)
	}
	var out used
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b share) int { return cmp.Or(cmp.Compare(b.cpu, a.cpu), cmp.Compare(a.name, b.name)) })
	return out
}

// of sums up the names for which match holds.
func (u used) of(match func(string) bool) share {
	var sum share
	for _, s := range u {
		if match(s.name) {
			sum.count, sum.cpu, sum.memory = sum.count+s.count, sum.cpu+s.cpu, sum.memory+s.memory
		}
	}
	return sum
}

func (u used) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROCESS\tCOUNT\tOF A CORE %\tPSS MiB")
	for _, s := range u {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.1f\n", s.name, s.count, s.cpu, s.memory)
	}
	_ = w.Flush() // writes to a string
	return b.String()
}
