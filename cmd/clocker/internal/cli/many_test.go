package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// reported is an output that tells when something was written.
type reported struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func (r *reported) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
	return r.text.Write(p)
}

// until waits for a text, and says whether it came.
func (r *reported) until(ctx context.Context, text string) bool {
	for {
		r.mu.Lock()
		has := strings.Contains(r.text.String(), text)
		r.mu.Unlock()
		if has {
			return true
		}
		select {
		case <-r.news:
		case <-ctx.Done():
			return false
		}
	}
}

// The answer goes on only when what came of it is written: who would hold it all would wait for ever.
func TestAnApplicationOfAnySizeIsInspectedAsItComes(t *testing.T) {
	t.Parallel()
	for format, begin := range map[string]string{outputTable: "shop/web/", outputJSON: `"container": "shop/web/`} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			f, out := newFake(t), &reported{news: make(chan struct{}, 1)}
			f.mux.HandleFunc("GET /v1/applications/shop", func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), time.Minute) // what holds all would wait for ever
				defer cancel()
				_, _ = io.WriteString(w, `{"application":"shop","state":"running","up":2000,"wanted":2000,"entities":[{"entity":"web","size":2000,"containers":[`)
				for i := range 2000 {
					if i > 0 {
						_, _ = io.WriteString(w, ",")
					}
					fmt.Fprintf(w, `{"container":"shop/web/%d","state":"healthy"}`, i)
					if (i+1)%(2*containersAtOnce) != 0 {
						continue
					}
					w.(http.Flusher).Flush()
					if early := i - containersAtOnce; !out.until(ctx, fmt.Sprintf("%s%d", begin, early)) {
						t.Errorf("container %d was not written when %d were there", early, i+1)
					}
				}
				_, _ = io.WriteString(w, `]}]}`)
			})
			s := f.shell()
			s.Out = out
			if code := s.Run(t.Context(), []string{"inspect", "shop", "-o", format}); code != exitOK {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestAnInspectionThatBreaksOffIsNoSuccess(t *testing.T) {
	t.Parallel()
	const begun = `{"application":"shop","state":"running","entities":[{"entity":"web","size":2,"containers":[{"container":"shop/web/0"}`
	for _, format := range []string{outputTable, outputJSON, outputYAML} {
		f := newFake(t)
		f.answer("GET /v1/applications/shop", 200, begun)
		if r := f.run(t.Context(), "", "inspect", "shop", "-o", format); r.code != exitFailed || !strings.Contains(r.err, "EOF") {
			t.Errorf("%s: %+v", format, r)
		}
	}
	f := newFake(t)
	f.answer("GET /v1/applications/shop", 200, `{"application":"shop","state":"stopping","up":0,"wanted":0}`)
	f.run(t.Context(), "", "inspect", "shop").check(t, exitOK, "application  shop\nstate        stopping\nup           0 of 0\n", "")
}

// manyContainers answers with pages of containers, whose usage grows with their number. It tells before each page.
func manyContainers(f *fakeAPI, n int, page func(first int)) {
	f.answer("GET /v1/hosts", 200, usedHosts)
	history := strings.TrimSuffix(strings.Repeat("1,", 100), ",")
	f.mux.HandleFunc("GET /v1/containers", func(w http.ResponseWriter, r *http.Request) {
		first := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &first)
		page(first)
		next, items := "", []string{}
		last := min(first+500, n)
		for i := first; i < last; i++ {
			items = append(items, fmt.Sprintf(`{"container":"shop/web/%d","state":"healthy","host":"localhost",`+
				`"usage":{"time":"2026-01-02T03:59:58Z","cpu":%d,"memory":%d,"history":{"step":3,"cpu":[%s]}}}`, i, i, n-i, history))
		}
		if last < n {
			next = fmt.Sprint(last)
		}
		fmt.Fprintf(w, `{"items":[%s],"next_cursor":%q}`, strings.Join(items, ","), next)
	})
}

// TestTopForgetsWhatItDoesNotShow runs alone: it looks at the memory of the whole process.
func TestTopForgetsWhatItDoesNotShow(t *testing.T) {
	f, used := newFake(t), map[int]uint64{}
	manyContainers(f, 10000, func(first int) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used[first] = m.HeapAlloc
	})
	if r := f.run(t.Context(), "", "top", "-q"); r.code != exitOK || len(used) != 20 {
		t.Fatalf("%d pages: %+v", len(used), r)
	}
	few, many := used[2*topMost], used[9500]
	t.Logf("%d KiB in use after %d containers, %d KiB after 9,500", few>>10, 2*topMost, many>>10)
	if many > few+1<<20 { // the rest is more than 6 MiB
		t.Errorf("%d bytes in use after %d containers, %d after 9,500", few, 2*topMost, many)
	}
}

func TestTopKeepsTheFirstOfManyAndSaysHowManyMoreThereAre(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	manyContainers(f, 2600, func(int) {})
	for order, first := range map[string]string{"cpu": "shop/web/2599", "memory": "shop/web/0", "name": "shop/web/0"} {
		r := f.run(t.Context(), "", "top", "-q", "--sort", order)
		names := strings.Fields(r.out)
		if r.code != exitOK || len(names) != topMost || names[0] != first {
			t.Errorf("by %s: %d names, the first %v", order, len(names), names[:min(1, len(names))])
		}
		if want := fmt.Sprintf("these are the first %d by %s, and there are %d more: name an application, or list them all with clocker ps -o wide\n", topMost, order, 2600-topMost); r.err != want {
			t.Errorf("by %s: %q", order, r.err)
		}
	}
	if r := f.run(t.Context(), "", "top", "-o", "json"); r.err != "" || strings.Count(r.out, `"container": "shop/web/`) != 2600 || strings.Count(r.out, `"host": "localhost"`) != 2601 {
		t.Errorf("as JSON, which is for programs: %d containers %q", strings.Count(r.out, `"container": "shop/web/`), r.err)
	}
}
