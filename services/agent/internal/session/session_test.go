package session

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// process is a command that runs until it is to end.
type process struct {
	lives error // why it cannot be ended
	sizes chan clocker.TerminalSize
	done  chan struct{} // gets something when a size is given up
}

func (p *process) Write(data []byte) (int, error) { return len(data), nil }

func (p *process) Close() error { return nil }

// Resize waits for a command that never starts.
func (p *process) Resize(ctx context.Context, size clocker.TerminalSize) error {
	p.sizes <- size
	<-ctx.Done()
	p.done <- struct{}{}
	return ctx.Err()
}

func (p *process) Run(ctx context.Context, _ func(string, []byte) error) (int, error) {
	<-ctx.Done()
	if p.lives != nil {
		return 0, p.lives
	}
	return 0, ctx.Err()
}

var place = clocker.Container{Application: "shop", Entity: "web", Generation: 1}

// open opens a command with a terminal, in an Engine that has nothing else.
func open(t *testing.T, p *process, log *strings.Builder) *Sessions {
	t.Helper()
	s := New(Engine{
		Inspect: func(context.Context, string) (*plan.Observed, error) {
			return &plan.Observed{Ours: true, ID: plan.ID(place.Key(), place.Generation), Status: plan.Running}, nil
		},
		Enter: func(context.Context, string, clocker.ExecCommand) (Process, error) { return p, nil },
	}, slog.New(slog.NewTextHandler(log, nil)))
	r := clocker.ExecRequest{Session: "abcdefgh", Container: place}
	r.Command, r.Terminal, r.Size = []string{"sh"}, true, &clocker.TerminalSize{Width: 99, Height: 33}
	if _, err := s.Open(t.Context(), "", r); err != nil {
		t.Fatal(err)
	}
	return s
}

func newProcess(lives error) *process {
	return &process{lives: lives, sizes: make(chan clocker.TerminalSize, 1), done: make(chan struct{}, 1)}
}

func TestACommandThatCannotBeEndedIsInTheLogAsAnError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lives error
		want  string
	}{
		"ended":     {nil, `level=INFO msg="a user's command ended" session=abcdefgh`},
		"not ended": {errors.New("it cannot be seen"), `level=ERROR msg="a user's command was lost, and may run on" session=abcdefgh reason="it cannot be seen"`},
	} {
		var log strings.Builder
		s := open(t, newProcess(tt.lives), &log)
		s.Close()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if last := lines[len(lines)-1]; len(lines) != 2 || !strings.HasSuffix(last, tt.want) {
			t.Errorf("%s: the log has\n%s", name, log.String())
		}
	}
}

func TestNobodyWaitsForATerminalThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	p := newProcess(nil)
	s := open(t, p, &strings.Builder{})
	if size := <-p.sizes; size != (clocker.TerminalSize{Width: 99, Height: 33}) {
		t.Errorf("the terminal is %+v", size)
	}
	in := clocker.ExecInput{Leave: true}
	if _, err := s.Put(t.Context(), clocker.SubjectDo+"host.exec.abcdefgh.in", in); err != nil {
		t.Fatal(err)
	}
	<-p.done // with its session, not after a time
	s.Close()
}
