package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/render"

	tea "charm.land/bubbletea/v2"
)

// Config is what a screen is made of.
type Config struct {
	In    io.Reader
	Out   io.Writer
	Env   []string // of the process: what kind of terminal it is
	Paint render.Paint
	Every time.Duration
	First render.Top // the first values
	// Fetch asks for the latest values. What is on the screen says how they are looked at, and so which are wanted where there
	// are many.
	Fetch func(ctx context.Context, shown render.Top) (render.Top, error)
}

// Run shows the screen until somebody quits or ctx ends.
func Run(ctx context.Context, c Config) error { return run(ctx, c) }

func run(ctx context.Context, c Config, more ...tea.ProgramOption) error {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(c.In), tea.WithOutput(c.Out), tea.WithEnvironment(c.Env),
		tea.WithoutSignalHandler()} // the process has its own
	_, err := tea.NewProgram(newScreen(ctx, c), append(options, more...)...).Run()
	if err != nil && ctx.Err() != nil && !errors.Is(err, tea.ErrProgramPanic) {
		return nil // somebody ended the process, and the terminal is given back
	}
	if err != nil {
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// screen is the state of the screen; each message makes a new one.
type screen struct {
	Config
	ctx           context.Context
	top           render.Top
	width, height int
}

type (
	fetched struct {
		top render.Top
		err error
	}
	again struct{}
)

func newScreen(ctx context.Context, c Config) screen {
	return screen{Config: c, ctx: ctx, top: c.First}
}

// Init waits for the time to ask again.
func (s screen) Init() tea.Cmd { return s.wait() }

func (s screen) wait() tea.Cmd {
	return tea.Tick(s.Every, func(time.Time) tea.Msg { return again{} })
}

func (s screen) fetch() tea.Msg {
	top, err := s.Fetch(s.ctx, s.top)
	return fetched{top, err}
}

// Update takes a message.
func (s screen) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	switch m := m.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = m.Width, m.Height
	case fetched:
		s.take(m)
		return s, s.wait()
	case again:
		return s, s.fetch
	case tea.KeyPressMsg:
		return s.key(m.String())
	}
	return s, nil
}

// take shows new values as the old ones were looked at. When there are none the old ones stay, with the reason.
func (s *screen) take(m fetched) {
	if m.err != nil {
		s.top.Trouble = "these are the last values: " + m.err.Error()
		return
	}
	m.top.Order, m.top.Reverse, m.top.Selected = s.top.Order, s.top.Reverse, s.top.Selected
	s.top = m.top
}

func (s screen) key(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "esc", "ctrl+c":
		return s, tea.Quit
	case "c":
		s.top.Order = render.ByCPU
	case "m":
		s.top.Order = render.ByMemory
	case "n":
		s.top.Order = render.ByName
	case "r":
		s.top.Reverse = !s.top.Reverse
	case "up", "k":
		s.move(-1)
	case "down", "j":
		s.move(1)
	case "pgup":
		s.move(-s.height / 2)
	case "pgdown":
		s.move(s.height / 2)
	case "home", "g":
		s.move(-len(s.top.Containers))
	case "end", "G":
		s.move(len(s.top.Containers))
	}
	return s, nil
}

// move marks another container, as many places away.
func (s *screen) move(by int) {
	sorted := s.top.Sorted()
	if len(sorted) == 0 {
		return
	}
	at := 0
	for i, c := range sorted {
		if c.Name == s.top.Selected {
			at = i
		}
	}
	s.top.Selected = sorted[min(max(at+by, 0), len(sorted)-1)].Name
}

// View draws the screen.
func (s screen) View() tea.View {
	if s.width == 0 {
		return tea.NewView("")
	}
	v := tea.NewView(strings.Join(s.top.Frame(s.width, s.height, s.Paint), "\n"))
	v.AltScreen = true
	return v
}
