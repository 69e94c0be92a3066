package render_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/clocker"
)

var updateFrames = flag.Bool("update-frames", false, "write the golden frames anew")

var frameTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// busy is a top with everything in it that frames show in a way of its own.
func busy() render.Top {
	u := clocker.Unknown()
	var wave []clocker.Measure
	for i := range 60 {
		wave = append(wave, clocker.Measure(i%20)/20)
	}
	wave[40], wave[41] = u, u
	quiet := []clocker.Measure{u, u, 0.001, 0.002, 0.001}
	container := func(name string, cpu, memory clocker.Measure, history []clocker.Measure) render.TopContainer {
		return render.TopContainer{Name: name, State: "healthy", Host: "localhost", CPU: cpu, Memory: memory, Limit: u, Processes: 4,
			Received: 1200, Sent: 3.5e6, Read: 0, Written: 40960, History: history, Step: 5 * time.Second}
	}
	limited := container("shop/web/0", 0.594, 36_671_488, wave)
	limited.Limit, limited.Restarts = 96<<20, 3
	lost := container("shop/web/1", 0.9, 1<<20, wave)
	lost.Silent, lost.State = 42*time.Second, "unhealthy"
	waiting := render.TopContainer{Name: "shop/queue/0", State: "requested", CPU: u, Memory: u, Limit: u, Processes: u, Received: u, Sent: u, Read: u, Written: u}
	return render.Top{Scope: "shop", At: frameTime, Order: render.ByCPU,
		Hosts: []render.TopHost{
			{Name: "localhost", State: "ready", CPU: 0.43, Load: 0.6, Memory: 3 << 30, Total: 8 << 30, Disk: 20 << 30, DiskTotal: 100 << 30, Received: 1.2e6, Sent: 3000},
			{Name: "second", State: "ready", CPU: 0.9, Load: 9, Memory: 1, Total: 1, Received: u, Sent: u, Disk: u, DiskTotal: u, Silent: 42 * time.Second},
			{Name: "new", State: "provisioning", CPU: u, Load: u, Memory: u, Total: u, Received: u, Sent: u, Disk: u, DiskTotal: u},
		},
		Containers: []render.TopContainer{waiting, lost, container("shop/a-name-that-is-as-long-as-names-may-be0/0", 2.4, 5<<30, wave),
			limited, container("shop/store/0", 0.0012, 8<<20, quiet)}}
}

func many(n int) render.Top {
	t := busy()
	t.Containers = nil
	for i := range n {
		t.Containers = append(t.Containers, render.TopContainer{Name: fmt.Sprintf("shop/web/%d", i), State: "healthy", Host: "localhost",
			CPU: clocker.Measure(i) / 1000, Memory: clocker.Measure(i) * 1000, Limit: clocker.Unknown()})
	}
	return t
}

func TestFramesOfEachSizeAreAsTheyWere(t *testing.T) {
	t.Parallel()
	empty := render.Top{At: frameTime, Order: render.ByName}
	by := func(order string) render.Top { x := busy(); x.Order = order; return x }
	marked := many(100)
	marked.Selected, marked.Order, marked.Reverse = "shop/web/57", render.ByMemory, true
	troubled := busy()
	troubled.Trouble = "these are the last values: the API does not answer at http://127.0.0.1:8080"
	for name, f := range map[string]struct {
		top           render.Top
		width, height int
	}{
		"80x24":    {busy(), 80, 24},
		"120x40":   {by(render.ByMemory), 120, 40},
		"200x50":   {by(render.ByName), 200, 50},
		"scrolled": {marked, 80, 24},
		"narrow":   {busy(), 40, 12},
		"trouble":  {troubled, 80, 24},
		"empty":    {empty, 80, 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(f.top.Frame(f.width, f.height, render.Paint{}), "\n") + "\n"
			file := filepath.Join("testdata", "top", name+".txt")
			if *updateFrames {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs (-update-frames writes it):\n%s", file, got)
			}
		})
	}
}

func TestAFrameFitsEveryTerminal(t *testing.T) {
	t.Parallel()
	tops := map[string]render.Top{"busy": busy(), "many": many(300), "empty": {}}
	for name, top := range tops {
		for width := 0; width <= 220; width += 3 {
			for height := 0; height <= 60; height += 4 {
				lines := top.Frame(width, height, render.Paint{})
				if len(lines) > max(height, 0) {
					t.Fatalf("%s at %dx%d has %d lines", name, width, height, len(lines))
				}
				for _, line := range lines {
					if utf8.RuneCountInString(line) > width && width > 0 {
						t.Fatalf("%s at %dx%d: %q has %d characters", name, width, height, line, utf8.RuneCountInString(line))
					}
				}
			}
		}
	}
}

func TestOfManyContainersTheFirstAreKeptAndTheMarkedOne(t *testing.T) {
	t.Parallel()
	top := many(300)
	top.Order, top.Selected = render.ByName, "shop/web/7"
	for _, reverse := range []bool{false, true} {
		top.Reverse = reverse
		all, kept := top.Sorted(), top.Kept(10)
		got := kept.Sorted()
		for i := range 10 {
			if got[i].Name != all[i].Name {
				t.Errorf("reverse %t: the one in place %d is %s, want %s", reverse, i, got[i].Name, all[i].Name)
			}
		}
		has := slices.ContainsFunc(got, func(c render.TopContainer) bool { return c.Name == top.Selected })
		if !has || len(got)+kept.More != 300 || len(got) > 11 {
			t.Errorf("reverse %t: %d kept and %d more; the marked one is there: %t", reverse, len(got), kept.More, has)
		}
		if line := kept.Frame(120, 24, render.Paint{})[0]; !strings.Contains(line, fmt.Sprintf("the first %d of 300 containers", len(got))) {
			t.Errorf("%s", line)
		}
	}
	if same := top.Kept(300); same.More != 0 || len(same.Containers) != 300 {
		t.Errorf("%d, %d more", len(same.Containers), same.More)
	}
}

func TestTheMarkedContainerIsOnTheScreen(t *testing.T) {
	t.Parallel()
	top := many(300)
	top.Order = render.ByName
	for _, c := range top.Containers {
		top.Selected = c.Name
		found := 0
		for _, line := range top.Frame(80, 24, render.Paint{On: true}) {
			if strings.HasPrefix(line, "\x1b[7m"+c.Name+" ") {
				found++
			}
		}
		if found != 1 {
			t.Fatalf("%s is marked %d times", c.Name, found)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for v, want := range map[clocker.Measure]string{0: "0%", 0.0003: "0%", 0.003: "0.3%", 0.0994: "9.9%", 0.0996: "10%", 0.594: "59%", 2.4: "240%"} {
		if got := render.Percent(v); got != want {
			t.Errorf("%v is %s, want %s", float64(v), got, want)
		}
	}
	if got := render.Percent(clocker.Unknown()) + render.Amount(clocker.Unknown()) + render.Rate(clocker.Unknown()) + render.Count(clocker.Unknown()); got != "" {
		t.Errorf("what is not known is %q", got)
	}
	if got := render.Spark([]clocker.Measure{0, 0.5, 1, clocker.Unknown(), 2}, 6, 1); got != " ▁▄█ █" {
		t.Errorf("a spark line is %q", got)
	}
	if got := render.Spark([]clocker.Measure{1, 2, 3}, 2, 3); got != "▅█" {
		t.Errorf("a spark line that is too long is %q", got)
	}
}
