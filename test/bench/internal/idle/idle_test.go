package idle

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func TestWhatProcessesUsedIsSummedUpByName(t *testing.T) {
	t.Parallel()
	before := map[int]process{1: {name: "clocker", cpu: time.Second}, 2: {name: "postgres: clocker_api", cpu: time.Second}}
	after := map[int]process{
		1: {name: "clocker", cpu: 1300 * time.Millisecond, memory: 50},
		2: {name: "postgres: clocker_api", cpu: 1100 * time.Millisecond, memory: 5},
		3: {name: "postgres: clocker_api", cpu: 100 * time.Millisecond, memory: 4},
	}
	u := usage(before, after, 10*time.Second)
	if got := u.of(isClocker); math.Abs(got.cpu-3) > 1e-9 || got.memory != 50 || got.count != 1 {
		t.Errorf("clocker: %+v", got)
	}
	if got := u.of(isPostgres); math.Abs(got.cpu-2) > 1e-9 || got.memory != 9 || got.count != 2 {
		t.Errorf("postgres: %+v", got)
	}
	if rows := strings.Split(u.table(), "\n"); !strings.HasPrefix(rows[1], "clocker") {
		t.Errorf("the busiest is not first:\n%s", u.table())
	}
	r := results(u)
	if r[0].Name != "idle.memory" || r[0].Ratio != 3 || r[1].Name != "idle.cpu" || math.Abs(r[1].Ratio-1.0/3) > 1e-9 {
		t.Errorf("%+v", r)
	}
}

func TestThisProcessIsAmongThose(t *testing.T) {
	t.Parallel()
	list, err := processes()
	if err != nil {
		t.Fatal(err)
	}
	if me := list[os.Getpid()]; me.memory <= 0 || !strings.HasSuffix(me.name, ".test") {
		t.Errorf("this process is %+v", me)
	}
}

func TestTheTimeAProcessUsedIsReadBehindItsName(t *testing.T) {
	t.Parallel()
	if got := cpuOf("7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0"); got != 2*time.Second {
		t.Errorf("%v", got)
	}
	if got := nameOf([]byte("postgres: clocker_api clocker [local] idle\x00")); got != "postgres: clocker_api" {
		t.Error(got)
	}
	if got := nameOf([]byte("/x/bin/clocker\x00up\x00")); got != "clocker" {
		t.Error(got)
	}
}

func TestWhatGrewMostIsToldFirst(t *testing.T) {
	t.Parallel()
	before := counters("# TYPE a_total counter\na_total 1\nb_count{x=\"y z\"} 10\nmemory_bytes 5\n")
	after := counters("a_total 3\nb_count{x=\"y z\"} 30\nmemory_bytes 9\nc_total 0\n")
	got := busiest(before, after, 10*time.Second)
	if !strings.HasPrefix(strings.TrimSpace(got), `2.00/s  b_count{x="y z"}`) || !strings.Contains(got, "0.20/s  a_total") || strings.Contains(got, "memory") {
		t.Error(got)
	}
}
