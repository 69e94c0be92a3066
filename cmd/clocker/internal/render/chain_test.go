package render

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAChainShowsWhatLedToWhat(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(n, cause int64, after time.Duration, text string) Link {
		return Link{n, cause, start.Add(after), text}
	}
	got := Chain([]Link{
		at(9, 4, 0, "nine"), at(10, 0, 0, "submitted"), at(11, 10, 12*time.Millisecond, "requested"),
		at(12, 10, 20*time.Millisecond, "image"), at(13, 11, 1500*time.Millisecond, "placed"),
		at(14, 13, 90*time.Second, "addressed"), at(100, 12, 3*time.Hour, "ready"), at(101, 50, 4*time.Hour, "other"),
	}, 8, Paint{})
	want := `
2026-01-02  03:04:05.000    9  nine  (from 4, which is no longer kept)

2026-01-02  03:04:05.000   10  submitted
     +20ms         +20ms   12  ├ image
     +3h0m        +2h59m  100  │ · ready
     +12ms         +12ms   11  · requested
     +1.5s         +1.4s   13  · placed
    +1m30s        +1m28s   14  · addressed

2026-01-02  07:04:05.000  101  other  (from 50)
`
	if got != want[1:] {
		t.Errorf("\n%s", got)
	}
}

func TestNoEventIsLostAndNoLineGrowsLong(t *testing.T) {
	t.Parallel()
	const n = 10_000
	for name, cause := range map[string]func(i int64) int64{
		"a line": func(i int64) int64 { return i - 1 }, "all from one": func(i int64) int64 { return min(i-1, 1) },
		"two each": func(i int64) int64 { return i / 2 }, "a line with leaves": func(i int64) int64 { return max(i-1-i%2, 0) },
	} {
		var links []Link
		for i := range int64(n) {
			links = append(links, Link{Number: i + 1, Cause: cause(i + 1), Text: fmt.Sprintf("<%d>", i+1)})
		}
		lines := strings.Split(strings.TrimSpace(Chain(links, 0, Paint{})), "\n")
		seen := map[string]bool{}
		for _, line := range lines {
			seen[line[strings.Index(line, "<"):]] = true
			if utf8.RuneCountInString(line) > 70 {
				t.Fatalf("%s: %s", name, line)
			}
		}
		if len(lines) != n || len(seen) != n {
			t.Errorf("%s: %d lines, %d events", name, len(lines), len(seen))
		}
	}
}

func TestSpansAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0ms", 999 * time.Millisecond: "999ms", 1990 * time.Millisecond: "1.9s", 59990 * time.Millisecond: "59.9s",
		61 * time.Second: "1m1s", 47*time.Hour + time.Minute: "47h1m", 49 * time.Hour: "2d1h",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
