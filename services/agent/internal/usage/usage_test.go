package usage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"
)

const id = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"

func files(in map[string]string) usage.Files {
	return func(controller, name string) (string, bool) {
		text, ok := in[strings.TrimPrefix(controller+"/"+name, "/")]
		return text, ok
	}
}

// text writes counters, what is not known as a question mark.
func text(values ...clocker.Measure) string {
	var out []string
	for _, v := range values {
		if !v.Known() {
			out = append(out, "?")
			continue
		}
		out = append(out, fmt.Sprintf("%.6g", float64(v)))
	}
	return strings.Join(out, " ")
}

func all(c usage.Counters) string {
	return text(c.CPU, c.Memory, c.Limit, c.Processes, c.Received, c.Sent, c.Read, c.Written)
}

var (
	v1 = map[string]string{
		"cpuacct/cpuacct.usage":                           "2500000000\n",
		"memory/memory.usage_in_bytes":                    "9000\n",
		"memory/memory.stat":                              "cache 5000\nrss 3000\ninactive_file 1\ntotal_cache 5000\ntotal_inactive_file 4000\ntotal_active_file 1000\n",
		"memory/memory.limit_in_bytes":                    "67108864\n",
		"pids/pids.current":                               "7\n",
		"blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 100\n8:0 Write 20\n8:0 Sync 120\n8:16 Read 5\n8:16 Write 1\nTotal 126\n",
	}
	v2 = map[string]string{
		"cpu.stat":       "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n",
		"memory.current": "9000\n",
		"memory.stat":    "anon 3000\nfile 5000\ninactive_anon 7\ninactive_file 4000\n",
		"memory.max":     "67108864\n",
		"pids.current":   "7\n",
		"io.stat":        "8:0 rbytes=100 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=1\n",
	}
)

func with(base map[string]string, changes ...string) map[string]string {
	out := map[string]string{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i+1 < len(changes); i += 2 {
		out[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(out, changes[i])
		}
	}
	return out
}

func TestControlGroupsOfBothVersionsAreRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		read func(usage.Files) usage.Counters
		in   map[string]string
		want string // cpu memory limit processes received sent read written
	}{
		{"version 1", usage.V1, v1, "2.5 5000 6.71089e+07 7 ? ? 105 21"},
		{"version 2", usage.V2, v2, "2.5 5000 6.71089e+07 7 ? ? 105 21"},
		{"no limit in version 1", usage.V1, with(v1, "memory/memory.limit_in_bytes", "9223372036854771712\n"), "2.5 5000 ? 7 ? ? 105 21"},
		{"no limit in version 2", usage.V2, with(v2, "memory.max", "max\n"), "2.5 5000 ? 7 ? ? 105 21"},
		{"an older kernel's blkio", usage.V1, with(v1, "blkio/blkio.throttle.io_service_bytes_recursive", "",
			"blkio/blkio.throttle.io_service_bytes", "8:0 Read 3\n8:0 Write 4\n"), "2.5 5000 6.71089e+07 7 ? ? 3 4"},
		{"no device was used", usage.V2, with(v2, "io.stat", ""), "2.5 5000 6.71089e+07 7 ? ? ? ?"},
		{"an empty io.stat", usage.V2, with(v2, "io.stat", "\n"), "2.5 5000 6.71089e+07 7 ? ? 0 0"},
		{"more page cache than memory", usage.V2, with(v2, "memory.stat", "inactive_file 9999\n"), "2.5 9000 6.71089e+07 7 ? ? 105 21"},
		{"nothing can be read", usage.V1, nil, "? ? ? ? ? ? ? ?"},
		{"version 1 where there is version 2", usage.V1, v2, "? ? ? ? ? ? ? ?"},
		{"what is no number", usage.V2, with(v2, "pids.current", "many\n", "cpu.stat", "usage_usec soon\n"), "? 5000 6.71089e+07 ? ? ? 105 21"},
	} {
		if got := all(tt.read(files(tt.in))); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTheGroupsOfAProcessAreItsContainersOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, controller, want string }{
		{"version 1", "9:memory:/docker/" + id + "\n4:cpu,cpuacct:/docker/" + id + "\n", "cpuacct", "/docker/" + id},
		{"version 2 by systemd", "0::/system.slice/docker-" + id + ".scope\n", "", "/system.slice/docker-" + id + ".scope"},
		{"groups of its own below", "0::/docker/" + id + "/init.scope\n", "", "/docker/" + id},
		{"an Engine in a container", "9:memory:/docker/abc/docker/" + id + "/x/y\n", "memory", "/docker/abc/docker/" + id},
		{"another process", "9:memory:/user.slice\n0::/\n", "memory", ""},
		{"no text", "", "memory", ""},
		{"a path with colons", "0::/a:b/" + id + "\n", "", "/a:b/" + id},
	} {
		if got := usage.GroupsOf(tt.text, id)[tt.controller]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if g := usage.GroupsOf("0::/docker/"+id, ""); len(g) > 0 {
		t.Errorf("no id is in every text: %v", g)
	}
}

const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0
  eth0: 20 1 0 0 0 0 0 0 300 1 0 0 0 0 0 0
veth01:5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0
`

func TestInterfacesAreAddedUp(t *testing.T) {
	t.Parallel()
	const routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\nclk7\t0000C80A\t00000000\t0001\t0\t0\t0\t0000FCFF\n"
	for name, tt := range map[string]struct {
		counts map[string]bool
		want   string
	}{
		"all but the loopback":    {nil, "25 307"},
		"those that lead out":     {usage.Outward(routes), "20 300"},
		"a machine with no route": {usage.Outward("Iface\tDestination\n"), "? ?"},
	} {
		received, sent := usage.Interfaces(dev, tt.counts)
		if got := text(received, sent); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestRatesNeedTwoSamplesOfTheSameRun(t *testing.T) {
	t.Parallel()
	t0 := time.Unix(1000, 0)
	sample := func(at time.Time, v clocker.Measure) usage.Sample {
		return usage.Sample{At: at, Counters: usage.Counters{CPU: v, Received: v * 10, Sent: clocker.Unknown(), Read: 0, Written: v}}
	}
	for _, tt := range []struct {
		name        string
		before, now usage.Sample
		want        string // cpu received sent read written
	}{
		{"two samples", sample(t0, 5), sample(t0.Add(5*time.Second), 7.5), "0.5 5 ? 0 0.5"},
		{"the first sample", usage.Sample{}, sample(t0, 5), "? ? ? ? ?"},
		{"a restart between", sample(t0, 5), sample(t0.Add(time.Second), 1), "? ? ? 0 ?"},
		{"no time between", sample(t0, 5), sample(t0, 6), "? ? ? ? ?"},
		{"a clock that went back", sample(t0, 5), sample(t0.Add(-time.Second), 6), "? ? ? ? ?"},
		{"nothing known before", usage.Sample{At: t0, Counters: usage.Nothing()}, sample(t0.Add(time.Second), 6), "? ? ? ? ?"},
	} {
		r := usage.Between(tt.before, tt.now)
		if got := text(r.CPU, r.Received, r.Sent, r.Read, r.Written); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTheMachineIsRead(t *testing.T) {
	t.Parallel()
	busy, every := usage.Ticks("cpu  100 20 30 800 50 1 2 4 99 99\ncpu0 1 1 1 1\n")
	if got := text(busy, every); got != "157 1007" {
		t.Errorf("ticks %s", got)
	}
	if busy, every = usage.Ticks("nothing\n"); busy.Known() || every.Known() {
		t.Error("ticks of nothing are known")
	}
	for want, pair := range map[string][2]usage.Machine{
		"0.25": {{Busy: 10, All: 100}, {Busy: 60, All: 300}},
		"1":    {{Busy: 10, All: 100}, {Busy: 500, All: 300}},
		"?":    {{Busy: 10, All: 100}, {Busy: 10, All: 100}},
		"0":    {{Busy: 10, All: 100}, {Busy: 10, All: 300}},
	} {
		if got := text(usage.Share(pair[0], pair[1])); got != want {
			t.Errorf("share %s, want %s", got, want)
		}
	}
	if total, free := usage.MachineMemory("MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\n"); text(total, free) != "2.09715e+06 1.04858e+06" {
		t.Errorf("memory %s", text(total, free))
	}
	if got := text(usage.First("0.52 0.58 0.59 1/467 12345\n"), usage.First(""), usage.First("x y")); got != "0.52 ? ?" {
		t.Errorf("first numbers %s", got)
	}
}
