package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// answerPages gives a list of n containers, as many at a time as are asked for.
func answerPages(f *fakeAPI, n int, state func(i int) string) (asked *int) {
	asked = new(int)
	f.mux.HandleFunc("GET /v1/containers", func(w http.ResponseWriter, r *http.Request) {
		*asked++
		from, limit := 0, 0
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &from)
		_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		to := min(from+limit, n)
		_, _ = io.WriteString(w, `{"items":[`)
		for i := from; i < to; i++ {
			if i > from {
				_, _ = io.WriteString(w, ",")
			}
			_, _ = fmt.Fprintf(w, `{"container":"shop/web/%d","state":%q,"reason":%q}`, i, "healthy", state(i))
		}
		next := ""
		if to < n {
			next = fmt.Sprint(to)
		}
		_, _ = fmt.Fprintf(w, `],"next_cursor":%q}`, next)
	})
	return asked
}

func TestAListOfManyPagesIsWhole(t *testing.T) {
	t.Parallel()
	const n = 1234
	f := newFake(t)
	asked := answerPages(f, n, func(i int) string {
		if i == 1000 {
			return "late"
		}
		return ""
	})
	var items []map[string]any
	if err := json.Unmarshal([]byte(f.run(t.Context(), "", "ps", "-o", "json").out), &items); err != nil || len(items) != n {
		t.Errorf("%d items, %v", len(items), err)
	}
	if *asked != 3 {
		t.Errorf("asked for %d pages", *asked)
	}
	for format, lines := range map[string]int{"name": n, "table": n + 2, "yaml": 3 * n} { // the heading comes again with REASON
		if got := strings.Count(f.run(t.Context(), "", "ps", "-o", format).out, "\n"); got != lines {
			t.Errorf("-o %s has %d lines, want %d", format, got, lines)
		}
	}
}

func TestAnEmptyListIsOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/containers", 200, `{"items":[]}`)
	for format, want := range map[string]string{"json": "[]\n", "yaml": "[]\n", "name": "",
		"table": "CONTAINER  STATE  HOST  ADDRESS  PORTS  AGE  RESTARTS  REASON\n"} {
		f.run(t.Context(), "", "ps", "-o", format).check(t, 0, want, "")
	}
}

func TestAListThatBreaksOffIsNoWholeOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/containers", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"items":[{"container":"shop/web/0"}],"next_cursor":"1"}`)
	})
	r := f.run(t.Context(), "", "ps", "-o", "json")
	if r.code != exitFailed || json.Valid([]byte(r.out)) || !strings.Contains(r.out, "shop/web/0") {
		t.Errorf("%+v", r)
	}
}

// heap measures the memory that is in use whenever some bytes more are written.
type heap struct {
	peak           uint64
	every, written int
	samples        int
}

func (h *heap) Write(p []byte) (int, error) {
	if h.written += len(p); h.written < h.every {
		return len(p), nil
	}
	h.written, h.samples = 0, h.samples+1
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapAlloc)
	return len(p), nil
}

// answerTree gives an application of n containers in one answer.
func answerTree(f *fakeAPI, n int) {
	f.answer("GET /v1/hosts", 200, `{"items":[]}`)
	f.mux.HandleFunc("GET /v1/applications/shop", func(w http.ResponseWriter, _ *http.Request) {
		// Made once: the memory of this server counts, too.
		one := `{"container":"shop/web/0","state":"healthy","reason":"` + strings.Repeat("x", 500) + `"}`
		_, _ = io.WriteString(w, `{"application":"shop","entities":[{"entity":"web","containers":[`+one)
		for range n - 1 {
			_, _ = io.WriteString(w, ",")
			_, _ = io.WriteString(w, one)
		}
		_, _ = io.WriteString(w, `]}]}`)
	})
}

// TestMemoryIsFlat runs alone: it looks at the memory of the whole process.
func TestMemoryIsFlatHoweverLongAListIs(t *testing.T) {
	commands := []string{"top -o json", "inspect shop -o json", "inspect shop"}
	for _, format := range formats {
		commands = append(commands, "ps -o "+format)
	}
	for _, command := range commands {
		peak := func(n int) uint64 {
			f := newFake(t)
			answerPages(f, n, func(int) string { return strings.Repeat("x", 500) })
			answerTree(f, n)
			h := &heap{every: 256 << 10}
			if strings.HasSuffix(command, outputName) {
				h.every = 4 << 10 // so that it is looked at some times, too
			}
			s := f.shell()
			s.Out, s.Err = h, io.Discard
			if code := s.Run(t.Context(), strings.Fields(command)); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			f.server.Close()
			if n > 1000 && h.samples < 10 {
				t.Fatalf("%s: looked at the memory %d times only", command, h.samples)
			}
			return h.peak
		}
		peak(1000) // what is made once
		few, many := peak(1000), peak(10000)
		t.Logf("%s: %d KiB in use at 1,000 rows, %d KiB at 10,000", command, few>>10, many>>10)
		const margin = 1 << 20 // all rows are more than 5 MiB
		if many > few+margin {
			t.Errorf("%s: %d bytes in use at 1,000 rows, %d at 10,000", command, few, many)
		}
	}
}
