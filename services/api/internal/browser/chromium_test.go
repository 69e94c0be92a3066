package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"
)

// chromium is one process for all tests of the binary.
var chromium = struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}{end: func() {}}

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.end()
	os.Exit(code)
}

func startChromium() {
	dir, err := os.MkdirTemp("", "clkchromium")
	if err != nil {
		chromium.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.UserDataDir(dir), chromedp.DisableGPU,
		// What a page asks of another host fails at once, and is seen.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	chromium.ctx = ctx
	chromium.end = func() { end(); cancel(); _ = os.RemoveAll(dir) }
	if err := chromedp.Do(ctx); err != nil {
		chromium.err = fmt.Errorf("start Chromium: %w", err)
	}
}

// tab is a page as somebody sees it, and what the browser had to complain about.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu     sync.Mutex
	asked  []string // addresses
	faults []string // of scripts, of the policy, of what could not be loaded
}

// open opens a tab of a width, with the pages of a server of its own.
func open(t *testing.T, width int64) *tab {
	t.Helper()
	if os.Getenv("CLOCKER_TEST_BROWSER") == "none" {
		t.Skip("CLOCKER_TEST_BROWSER is none")
	}
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatalf("reading pages needs Chromium (apt-get install chromium); CLOCKER_TEST_BROWSER=none goes without: %v", chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, base: serve(t)}
	// The tab ends with the context of its first run, which must therefore be its own.
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, runtime.Enable, cdp.Empty{})
	call(b, log.Enable, cdp.Empty{})
	b.run(chromedp.EmulateViewport(width, 900))
	return b
}

// serve answers as an installation does: what counts are the real headers.
func serve(t *testing.T) string {
	t.Helper()
	db := pgtest.Open(t, "api", pg.Schema{Name: "api", Migrations: store.Migrations()})
	registry := prometheus.NewRegistry()
	server, err := http.New(http.Config{Listen: "127.0.0.1:0", TokenFile: filepath.Join(t.TempDir(), "token"), Installation: "test",
		Store: store.New(db), Readings: readings.New(readings.Usual, time.Now), Metrics: registry, Gatherer: registry, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Prepare(); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	return web.URL
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, fmt.Sprintf("%s at %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber+1))
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded: // refusals by the policy, too
		b.faults = append(b.faults, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *network.EventLoadingFailed:
		b.faults = append(b.faults, fmt.Sprintf("%s is not loaded: %s %s", e.Type, e.ErrorText, e.BlockedReason))
	}
}

// heard gives what was asked for and complained about since the last time.
func (b *tab) heard() (asked, faults []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked, faults = b.asked, b.faults
	b.asked, b.faults = nil, nil
	return asked, faults
}

// patience bounds what a browser is asked to do: it hangs otherwise when it has died.
const patience = 2 * time.Minute

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call sends a command of the browser's protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
}

// dropped is what Chromium says of what it was loading when an address of the machine came or went.
const dropped = "net::ERR_NETWORK_CHANGED"

// visit goes to a page of the server, and complains of what the browser complained of. When an address of the machine comes
// or goes, as with each Docker network of somebody else, Chromium drops what it loads; a page is then loaded again.
func (b *tab) visit(path string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for again := true; again; {
		b.heard()
		err := chromedp.Do(ctx, chromedp.Navigate(b.base+path))
		again = ctx.Err() == nil && b.cutOff(err)
		if err != nil && !again {
			b.t.Fatalf("%s: %v", path, err)
		}
	}
	if b.content(path) == 0 {
		b.t.Errorf("%s: the browser asked for nothing", path)
	}
}

// cutOff reports whether the browser dropped a page, or what belongs to it, as the machine's addresses had changed.
func (b *tab) cutOff(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(append(b.faults, fmt.Sprint(err)), func(fault string) bool {
		return strings.Contains(fault, dropped)
	})
}

// content fails for what the browser had to complain about, and for what came from elsewhere. It gives how much was asked for.
func (b *tab) content(path string) int {
	b.t.Helper()
	asked, faults := b.heard()
	for _, f := range faults {
		if !strings.Contains(f, dropped) { // the icon comes after the page
			b.t.Errorf("%s: %s", path, f)
		}
	}
	for _, address := range asked {
		if u, err := url.Parse(address); err != nil || u.Scheme+"://"+u.Host != b.base {
			b.t.Errorf("%s: asked for %s", path, address)
		}
	}
	return len(asked)
}

// ask evaluates an expression in the page, and waits for it when it is a promise.
func ask[T any](b *tab, expression string) (value T) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		b.t.Fatalf("%s: %v in %s", expression, err, raw)
	}
	return value
}

// do evaluates statements in the page.
func (b *tab) do(statements string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](statements + "; undefined"))
}

// until returns when an expression has become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression)); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// scheme is what the reader's system prefers: light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// scripts says whether pages may run any.
func (b *tab) scripts(run bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
}
