package live

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/clocker"

	tea "charm.land/bubbletea/v2"
)

// terminal is what a screen writes to: it tells when a text was written.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func (w *terminal) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
	return w.text.Write(p)
}

func (w *terminal) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *terminal) shows(t *testing.T, text string) {
	t.Helper()
	late := time.After(2 * time.Minute)
	for !strings.Contains(w.String(), text) {
		select {
		case <-w.news:
		case <-late:
			t.Fatalf("it never showed %q, but %q", text, w.String())
		}
	}
}

const (
	enter = "\x1b[?1049h" // the alternate screen
	leave = "\x1b[?1049l"
)

func look(names ...string) render.Top {
	top := render.Top{At: time.Unix(0, 0)}
	for i, name := range names {
		top.Containers = append(top.Containers, render.TopContainer{Name: name, State: "healthy", CPU: clocker.Measure(len(names) - i), Memory: clocker.Measure(i)})
	}
	return top
}

// start runs a screen and gives its terminal, its keyboard, and what Run returned.
func start(t *testing.T, ctx context.Context, fetch func(context.Context, render.Top) (render.Top, error)) (*terminal, io.Writer, <-chan error) {
	t.Helper()
	out := &terminal{news: make(chan struct{}, 1)}
	in, keys := io.Pipe()
	t.Cleanup(func() { _ = keys.Close() })
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, Config{In: in, Out: out, Env: []string{"TERM=xterm-256color"}, Every: 5 * time.Millisecond,
			First: render.Top{Order: render.ByCPU}, Fetch: fetch}, tea.WithWindowSize(80, 24))
	}()
	return out, keys, ended
}

func TestAScreenIsShownAndGivenBack(t *testing.T) {
	t.Parallel()
	out, keys, ended := start(t, t.Context(), func(context.Context, render.Top) (render.Top, error) { return look("shop/web/0"), nil })
	out.shows(t, "shop/web/0")
	if _, err := io.WriteString(keys, "q"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := out.String(); strings.Count(text, enter) != 1 || strings.Count(text, leave) != 1 || strings.Index(text, leave) < strings.Index(text, enter) {
		t.Errorf("%q", text)
	}
}

func TestTheTerminalIsGivenBackWhenTheProcessIsEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, _, ended := start(t, ctx, func(context.Context, render.Top) (render.Top, error) { return look("shop/web/0"), nil })
	out.shows(t, "shop/web/0")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), leave) {
		t.Errorf("%q", out.String())
	}
}

func TestTheTerminalIsGivenBackAfterAFault(t *testing.T) {
	t.Parallel()
	calls := make(chan struct{}, 1)
	out, _, ended := start(t, t.Context(), func(context.Context, render.Top) (render.Top, error) {
		select {
		case calls <- struct{}{}:
			return look("shop/web/0"), nil
		default:
			panic("planted")
		}
	})
	if err := <-ended; !errors.Is(err, tea.ErrProgramPanic) {
		t.Errorf("%v", err)
	}
	if text := out.String(); strings.Contains(text, enter) && !strings.Contains(text, leave) {
		t.Errorf("%q", text)
	}
}

func TestLastValuesStayWhenTheAPIIsAway(t *testing.T) {
	t.Parallel()
	answered := false
	out, keys, ended := start(t, t.Context(), func(context.Context, render.Top) (render.Top, error) {
		if answered {
			return render.Top{}, errors.New("nobody is there")
		}
		answered = true
		return look("shop/web/0"), nil
	})
	out.shows(t, "nobody is there")
	out.shows(t, "shop/web/0")
	if _, err := io.WriteString(keys, "\x03"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Where there are more containers than are kept, how they are looked at decides which.
func TestWhatIsAskedForFollowsTheKeys(t *testing.T) {
	t.Parallel()
	asked := make(chan render.Top, 1)
	out, keys, ended := start(t, t.Context(), func(_ context.Context, shown render.Top) (render.Top, error) {
		select {
		case asked <- shown:
		default:
		}
		return look("shop/web/0", "shop/web/1"), nil
	})
	out.shows(t, "shop/web/1")
	if _, err := io.WriteString(keys, "mrj"); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case shown := <-asked:
			if shown.Order != render.ByMemory || !shown.Reverse || shown.Selected == "" {
				continue
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it never asked in the order of the screen")
		}
		break
	}
	if _, err := io.WriteString(keys, "q"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestKeysChangeHowItIsLookedAt(t *testing.T) {
	t.Parallel()
	s := newScreen(t.Context(), Config{First: render.Top{Order: render.ByCPU}})
	s.height = 4
	press := func(keys ...string) {
		for _, key := range keys {
			m, _ := s.key(key)
			s = m.(screen)
		}
	}
	press("down") // nothing is there yet
	m, again := s.Update(fetched{top: look("a", "b", "c", "d", "e")})
	if s = m.(screen); again == nil {
		t.Error("it does not ask again")
	}
	for _, tt := range []struct{ keys, want string }{
		{"down", "cpu false b"}, {"j j", "cpu false d"}, {"down down down", "cpu false e"}, {"up", "cpu false d"}, {"home", "cpu false a"},
		{"pgdown", "cpu false c"}, {"pgup pgup", "cpu false a"}, {"end", "cpu false e"}, {"m", "memory false e"}, {"g", "memory false e"},
		{"r", "memory true e"}, {"n r", "name false e"}, {"c", "cpu false e"}, {"x", "cpu false e"},
	} {
		press(strings.Fields(tt.keys)...)
		order := map[bool]string{true: " true ", false: " false "}[s.top.Reverse]
		if got := s.top.Order + order + s.top.Selected; got != tt.want {
			t.Errorf("after %s: %s, want %s", tt.keys, got, tt.want)
		}
	}
	m, _ = s.Update(fetched{top: look("a", "e")})
	if s = m.(screen); s.top.Selected != "e" || len(s.top.Containers) != 2 {
		t.Errorf("new values change how it is looked at: %+v", s.top)
	}
	for _, key := range []string{"q", "esc", "ctrl+c"} {
		if _, cmd := s.key(key); cmd == nil {
			t.Errorf("%s does not quit", key)
		}
	}
	m, _ = s.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	if s = m.(screen); s.width != 100 || s.height != 30 || !s.View().AltScreen {
		t.Errorf("after a resize: %d x %d", s.width, s.height)
	}
}
