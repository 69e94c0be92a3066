package render

import (
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

func equal(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		table Table
		want  string
	}{
		{"only a heading", Table{Heading: []string{"CONTAINER", "STATE"}}, "CONTAINER  STATE\n"},
		{"an empty column is left out", Table{
			Heading: []string{"CONTAINER", "STATE", "RESTARTS", "REASON"},
			Rows:    [][]string{{"shop/web/0", "healthy", "", ""}, {"shop/db/10", "waiting", "", "no host"}},
		}, "CONTAINER   STATE    REASON\nshop/web/0  healthy\nshop/db/10  waiting  no host\n"},
		{"characters, not bytes", Table{Heading: []string{"A", "B"}, Rows: [][]string{{"über", "x"}, {"ab", "y"}}},
			"A     B\nüber  x\nab    y\n"},
		{"colour does not move columns", Table{
			Heading: []string{"A", "STATE", "C"}, Rows: [][]string{{"a", "failed", "c"}, {"b", "healthy", "d"}},
			Colour: func(col int, cell string) string {
				if col == 1 {
					return Paint{On: true}.State(cell)
				}
				return cell
			},
		}, "A  STATE    C\na  \x1b[31mfailed\x1b[0m   c\nb  \x1b[32mhealthy\x1b[0m  d\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			equal(t, tt.table.String(), tt.want)
		})
	}
}

func TestAgeAndSize(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	for seconds, want := range map[int]string{-5: "0s", 5: "5s", 59: "59s", 60: "1m", 3599: "59m", 7200: "2h", 172800: "2d"} {
		then := now.Add(-time.Duration(seconds) * time.Second)
		if got := Age(now, &then); got != want {
			t.Errorf("age of %d s = %q, want %q", seconds, got, want)
		}
	}
	if got := Age(now, nil); got != "" {
		t.Errorf("age of nothing = %q", got)
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 512 << 20: "512 MiB", 4 << 30: "4 GiB"} {
		if got := Size(n); got != want {
			t.Errorf("size of %d = %q, want %q", n, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	source := "id: shop\nservices:\n\t- type: docker:web\n  - tpye: x\n"
	got := Faults("shop.yaml", source, []Fault{
		{Pointer: "/services/1", Line: 4, Column: 5, Detail: `unknown key "tpye"`, Hint: `did you mean "type"?`},
		{Line: 3, Column: 2, Detail: "tabs do not indent"},
		{Line: 99, Column: 1, Detail: "beyond the end"},
		{Detail: "no location"},
	}, Paint{})
	equal(t, got, `shop.yaml:4:5: unknown key "tpye" (/services/1)
    4 |   - tpye: x
      |     ^
  hint: did you mean "type"?
shop.yaml:3:2: tabs do not indent
    3 | 	- type: docker:web
      | 	^
shop.yaml:99:1: beyond the end
shop.yaml: no location
`)
}

// TestWordsForEveryEvent fails when an event is added that nothing is said about.
func TestWordsForEveryEvent(t *testing.T) {
	t.Parallel()
	for _, e := range events.All() {
		about, happened := Words(e)
		if happened == "" || about == e.Topic() {
			t.Errorf("%s: nothing is said about it", e.Topic())
		}
	}
}

var web0 = clocker.Container{Application: "shop", UID: "u1", Entity: "web", Ordinal: 0, Generation: 1}

func story() []events.Event {
	web1 := web0
	web1.Ordinal = 1
	return []events.Event{
		events.ApplicationSubmitted{Application: "shop", Entities: []events.SubmittedEntity{{Entity: "web", Size: 2}}},
		events.ContainerRequested{Container: web0, Reason: "initial"},
		events.ContainerRequested{Container: web1, Reason: "initial"},
		events.ContainerPlaced{Container: web0, Host: "localhost"},
		events.ContainerWaiting{Container: web1, Stage: "place", Reason: "memory: 1 host has 2 GiB, wants 64 GiB"},
		events.ContainerAddressed{Container: web0, Address: "10.200.0.2"},
		events.ImageReady{Key: "abc"},
		events.ContainerCleared{Container: web0, Host: "localhost"},
		events.ContainerStarted{Container: web0, Host: "localhost"},
		events.EndpointChanged{Container: web0, Host: "localhost", Address: "10.200.0.2", Healthy: true},
		events.ContainerHealthy{Container: web0, Host: "localhost"},
	}
}

func TestBoardLines(t *testing.T) {
	t.Parallel()
	var b Board
	var plain []string
	for _, e := range story() {
		if line, ok := b.Apply(e); ok {
			plain = append(plain, line)
		}
	}
	equal(t, strings.Join(plain, "\n"), `shop/web/0: requested: initial
shop/web/1: requested: initial
shop/web/0: placed on localhost
shop/web/1: waits to place: memory: 1 host has 2 GiB, wants 64 GiB
shop/web/0: has address 10.200.0.2
image abc: ready
shop/web/0: cleared to start on localhost
shop/web/0: started on localhost
shop/web/0: healthy`)
	equal(t, strings.Join(b.Lines(80, 24, Paint{}), "\n"), `  image abc   ready
  shop/web/0  healthy
  shop/web/1  waits to place: memory: 1 host has 2 GiB, wants 64 GiB
  2 of 3 ready`)
	equal(t, strings.Join(b.Lines(30, 3, Paint{}), "\n"), "  shop/web/1  waits to place:…\n  2 of 3 ready")
	equal(t, strings.Join(b.Unplaced(), "\n"), "shop/web/1: waits to place: memory: 1 host has 2 GiB, wants 64 GiB")
	next := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b.Apply(events.ContainerRefused{Container: web0, Host: "localhost", Reason: "no command serv", Next: next})
	equal(t, b.Lines(200, 24, Paint{})[1], "  shop/web/0  cannot start on localhost: no command serv; attempt 1 at 03:04:05 UTC")
	b.Apply(events.ContainerPlaced{Container: web0, Host: "localhost"})
	b.Apply(events.ContainerGone{Container: web0})
	if lines := b.Lines(80, 24, Paint{}); len(lines) != 3 {
		t.Errorf("a gone container stays on the board: %q", lines)
	}
	long := Board{rows: map[string]row{strings.Repeat("long-", 16) + "/0": {state: "withdrawn"}}}
	for _, line := range long.Lines(40, 24, Paint{}) {
		if n := len([]rune(line)); n > 40 {
			t.Errorf("a line of %d characters on a terminal of 40, which cannot be drawn over: %q", n, line)
		}
	}
	last := Board{rows: map[string]row{web0.Path(): {}}}
	last.Apply(events.ContainerGone{Container: web0})
	equal(t, strings.Join(last.Lines(80, 24, Paint{}), "\n"), "  nothing is left")
}

func TestABoardTellsOnceWhyWhatRunsIsNotHealthyYet(t *testing.T) {
	t.Parallel()
	var b Board
	if _, ok := b.Unproven(web0.Path(), "connection refused"); ok || b.AnyRuns() {
		t.Error("what is not on the board is told of")
	}
	b.Apply(events.ContainerStarted{Container: web0, Host: "localhost"})
	line, ok := b.Unproven(web0.Path(), "connection refused")
	if !ok || !b.AnyRuns() {
		t.Error("it is not told")
	}
	equal(t, line, "shop/web/0: runs, and is not healthy yet: connection refused")
	equal(t, strings.Join(b.Lines(80, 24, Paint{}), "\n"), "  shop/web/0  connection refused\n  0 of 1 ready")
	if _, again := b.Unproven(web0.Path(), "connection refused"); again {
		t.Error("it is told twice")
	}
	b.Apply(events.ContainerHealthy{Container: web0, Host: "localhost"})
	if _, late := b.Unproven(web0.Path(), "status 500"); late || b.AnyRuns() {
		t.Error("of what is healthy it is told")
	}
}

func TestLiveRedrawsInPlace(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	l := Live{W: &out}
	l.Draw([]string{"one", "two"})
	l.Draw([]string{"three"})
	equal(t, out.String(), "\r\x1b[Jone\ntwo\n\x1b[2A\r\x1b[Jthree\n")
}
