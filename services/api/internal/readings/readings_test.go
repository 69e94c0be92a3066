package readings_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
)

// kept is a store with a clock that the test moves.
type kept struct {
	*readings.Store
	now time.Time
}

func newKept(l readings.Limits) *kept {
	k := &kept{now: time.Unix(1_700_000_040, 0)} // the beginning of a minute
	k.Store = readings.New(l, func() time.Time { return k.now })
	return k
}

func key(n int) clocker.Key { return clocker.Key{UID: "u", Entity: "web", Ordinal: n} }

// say has a host say the same value of some containers' processor time and memory.
func (k *kept) say(host string, cpu clocker.Measure, ordinals ...int) error {
	r := clocker.Readings{Host: host, Epoch: 1, Every: 5000, Machine: map[string]clocker.Measure{sensors.MachineCPU: cpu},
		Sensors: []string{"of.a.later.version", sensors.Memory, sensors.CPU}}
	for _, n := range ordinals {
		r.Containers = append(r.Containers, clocker.ContainerReadings{Values: []clocker.Measure{9, 100, cpu},
			Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: n, Generation: 1}})
	}
	return k.Take(host, r)
}

func (k *kept) must(t *testing.T, host string, cpu clocker.Measure, ordinals ...int) {
	t.Helper()
	if err := k.say(host, cpu, ordinals...); err != nil {
		t.Fatal(err)
	}
}

func show(points []readings.Point) string {
	var out []string
	for _, p := range points {
		out = append(out, fmt.Sprintf("%s=%.3g", p.Time.Format("15:04:05"), float64(p.Value)))
	}
	return strings.Join(out, " ")
}

func TestTheLatestValuesAreThoseOfTheHostThatRunsIt(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	k.must(t, "h1", 0.5, 0)
	k.must(t, "h2", 7, 0) // it was there before, or says so
	l, ok := k.Container(readings.Ref{Host: "h1", Key: key(0)})
	if !ok || l.Stale || !l.At.Equal(k.now) || l.Values[sensors.CPU] != 0.5 || l.Values[sensors.Memory] != 100 || len(l.Values) != 2 {
		t.Errorf("%+v %t", l, ok)
	}
	if _, ok := k.Container(readings.Ref{Host: "h1", Key: key(1)}); ok {
		t.Error("a container that was never measured has values")
	}
	if h, ok := k.Host("h2"); !ok || h.Values[sensors.MachineCPU] != 7 {
		t.Errorf("host: %+v %t", h, ok)
	}
	if _, ok := k.Host("h3"); ok {
		t.Error("a host that never spoke has values")
	}
}

func TestReadingsOfASilentHostAreStale(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	k.must(t, "h1", 1, 0)
	ref := readings.Ref{Host: "h1", Key: key(0)}
	k.now = k.now.Add(15 * time.Second)
	if l, _ := k.Container(ref); l.Stale {
		t.Error("stale after three rounds already")
	}
	k.now = k.now.Add(time.Millisecond)
	if l, _ := k.Container(ref); !l.Stale || l.Values[sensors.CPU] != 1 {
		t.Errorf("after more than three rounds: %+v", l)
	}
	k.must(t, "h1", 1) // the host speaks, but no longer of the container
	if l, _ := k.Host("h1"); l.Stale {
		t.Error("the host is stale")
	}
	if l, _ := k.Container(ref); !l.Stale {
		t.Error("a container that ended is not stale")
	}
}

func TestAHostSpeaksForItselfInItsEpoch(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	for want, r := range map[string]clocker.Readings{
		`host h1 speaks for host "h2"`: {Host: "h2", Epoch: 9},
		"host h1 measured 501 containers at once": {Host: "h1", Epoch: 2,
			Containers: make([]clocker.ContainerReadings, clocker.MaxReadings+1)},
	} {
		if err := k.Take("h1", r); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := k.Take("h1", clocker.Readings{Host: "h1", Epoch: 2}); err != nil {
		t.Error(err)
	}
	if err := k.say("h1", 1, 0); err == nil || err.Error() != "host h1 speaks in epoch 1, which is over" {
		t.Error(err)
	}
	if hosts, containers := k.Kept(); hosts != 1 || containers != 0 {
		t.Errorf("kept %d hosts, %d containers", hosts, containers)
	}
}

func TestAHistoryIsFineForMinutesAndCoarseForAnHour(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	ref := readings.Ref{Host: "h1", Key: key(0)}
	begin := k.now
	for i := range 12 * 90 { // an hour and a half of rounds; the value is the minute
		k.now = begin.Add(time.Duration(i) * 5 * time.Second)
		k.must(t, "h1", clocker.Measure(i/12), 0)
	}
	all := k.History(ref, sensors.CPU, readings.Past)
	// 55 minutes by the minute, then the rest by the five seconds.
	if len(all) < 100 || len(all) > 120 {
		t.Fatalf("%d points", len(all))
	}
	for i, p := range all {
		if want := clocker.Measure(p.Time.Sub(begin) / time.Minute); p.Value != want {
			t.Errorf("at %s: %v, want %v", p.Time, p.Value, want)
		}
		if i > 0 && !p.Time.After(all[i-1].Time) {
			t.Errorf("%s follows %s", p.Time, all[i-1].Time)
		}
	}
	if oldest := k.now.Sub(all[0].Time); oldest < 59*time.Minute || oldest > 61*time.Minute {
		t.Errorf("it reaches back %s", oldest)
	}
	if last := all[len(all)-1]; !last.Time.Equal(k.now.UTC()) || last.Time.Sub(all[len(all)-2].Time) != 5*time.Second {
		t.Errorf("it ends at %s", last.Time)
	}
	if few := k.History(ref, sensors.CPU, time.Minute); len(few) != 13 {
		t.Errorf("a minute is %s", show(few))
	}
	if none := k.History(ref, sensors.MemoryLimit, readings.Past); none != nil {
		t.Errorf("the limit has a history: %s", show(none))
	}
}

func TestAHistoryHasGapsWhereNothingWasMeasured(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	ref := readings.Ref{Host: "h1", Key: key(0)}
	k.must(t, "h1", 1, 0)
	k.now = k.now.Add(2 * time.Second)
	k.must(t, "h1", 2, 0) // in the same slot: their mean
	k.now = k.now.Add(10 * time.Second)
	k.must(t, "h1", clocker.Unknown(), 0)
	k.now = k.now.Add(10 * time.Second)
	k.must(t, "h1", 4, 0)
	if got := show(k.History(ref, sensors.CPU, time.Minute)); got != "22:14:00=1.5 22:14:20=4" {
		t.Error(got)
	}
	var line []string
	for _, v := range k.Line(ref, sensors.CPU, 30*time.Second) {
		line = append(line, fmt.Sprint(float64(v)))
	}
	if got := strings.Join(line, " "); got != "NaN 1.5 NaN NaN NaN 4" {
		t.Error(got)
	}
	k.now = k.now.Add(6 * time.Minute) // over the edge of the ring
	if got := show(k.History(ref, sensors.CPU, readings.Past)); got != "22:14:00=2.33" {
		t.Errorf("after a silence: %s", got)
	}
	k.must(t, "h1", 8, 0)
	if got := show(k.History(ref, sensors.CPU, readings.Past)); got != "22:14:00=2.33 22:20:20=8" {
		t.Errorf("after a silence and a value: %s", got)
	}
}

func TestHistoriesAreAddedUp(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	k.must(t, "h1", 1, 0, 1)
	k.now = k.now.Add(5 * time.Second)
	k.must(t, "h1", 2, 0, 1)
	k.must(t, "h2", 3, 2)
	all := []readings.Ref{{Host: "h1", Key: key(0)}, {Host: "h1", Key: key(1)}, {Host: "h2", Key: key(2)}, {Host: "h9", Key: key(3)}}
	if got := show(k.Sum(all, sensors.CPU, time.Minute)); got != "22:14:00=2 22:14:05=7" {
		t.Errorf("sum %s", got)
	}
	if got := show(k.Mean(all, sensors.CPU, time.Minute)); got != "22:14:00=1 22:14:05=2.33" {
		t.Errorf("mean %s", got)
	}
}

func TestWhatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	k.must(t, "h1", 1, 0, 1)
	k.must(t, "silent", 1, 2)
	for range 11 {
		k.now = k.now.Add(time.Minute)
		k.must(t, "h1", 1, 0)
	}
	if hosts, containers := k.Kept(); hosts != 2 || containers != 2 {
		t.Errorf("after 11 minutes %d hosts and %d containers are kept, want 2 and 2", hosts, containers)
	}
	k.now = k.now.Add(readings.Past)
	k.must(t, "h1", 1, 0)
	if hosts, containers := k.Kept(); hosts != 1 || containers != 1 {
		t.Errorf("after an hour %d hosts and %d containers are kept, want 1 and 1", hosts, containers)
	}
}

func TestAHostCannotFillTheStore(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Limits{Containers: 5, OfHost: 3})
	if err := k.say("h1", 1, 0, 1, 2, 3); err == nil {
		t.Error("more containers of a host than the limit are kept")
	}
	k.must(t, "h2", 1, 10, 11)
	if err := k.say("h3", 1, 12); err == nil {
		t.Error("more containers than the limit are kept")
	}
	if _, containers := k.Kept(); containers != 5 {
		t.Errorf("%d are kept", containers)
	}
	k.must(t, "h1", 2, 0, 1, 2) // those that are there go on
	err := k.say("h1", 3, 7, 0, 8, 1)
	if err == nil || err.Error() != "host h1 measured more containers than are kept: there is no room for 2 of 4" {
		t.Error(err)
	}
	for n := range 2 {
		if l, ok := k.Container(readings.Ref{Host: "h1", Key: key(n)}); !ok || l.Values[sensors.CPU] != 3 {
			t.Errorf("one too many stops container %d behind it: %+v", n, l)
		}
	}
}

// TestTheMemoryOfAFullStoreIsBounded holds the figure that the limits promise.
func TestTheMemoryOfAFullStoreIsBounded(t *testing.T) {
	before := heap()
	k := newKept(readings.Usual)
	list := sensors.Names(sensors.Of(sensors.OfContainer))
	values := make([]clocker.Measure, len(list))
	for range 3 {
		for n := 0; n < readings.Usual.Containers; n += clocker.MaxReadings {
			r := clocker.Readings{Host: fmt.Sprint("h", n/readings.Usual.OfHost), Epoch: 1, Every: 5000, Sensors: list}
			for i := range clocker.MaxReadings {
				r.Containers = append(r.Containers, clocker.ContainerReadings{Values: values,
					Container: clocker.Container{Application: "shop", UID: fmt.Sprint("u", n+i), Entity: "web", Generation: 1}})
			}
			if err := k.Take(r.Host, r); err != nil {
				t.Fatal(err)
			}
		}
		k.now = k.now.Add(5 * time.Second)
	}
	used := heap() - before
	_, containers := k.Kept()
	t.Logf("%d containers take %.1f MiB, %d bytes each", containers, float64(used)/(1<<20), used/int64(containers))
	if containers != readings.Usual.Containers || used > 64<<20 {
		t.Errorf("%d containers take %d bytes", containers, used)
	}
	runtime.KeepAlive(k)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
