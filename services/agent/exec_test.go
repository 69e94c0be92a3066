package agent_test

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
)

func TestACommandRunsInAContainerWithItsStreamsApartAndItsExitCode(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	s := b.enter(a, func(r *clocker.ExecRequest) { r.Env, r.Dir, r.User = []string{"WORD=one"}, "/etc", "7" }, "say")
	if end := s.ends(); end.ExitCode != 7 || end.Broken != "" || s.out["stdout"] != "out one /etc 7\n" || s.out["stderr"] != "err\n" {
		t.Errorf("ended as %+v with output %q", end, s.out)
	}
	// What was pulled last can be pulled again: its answer may have been lost.
	var again clocker.ExecOutput
	if s.ask("out", clocker.ExecPull{Number: s.pulls}, &again); !again.Ended || again.ExitCode != 7 {
		t.Errorf("the end is %+v when asked for again", again)
	}

	s = b.enter(a, nil, "copy")
	for _, part := range []string{"one ", "two"} {
		for !s.put(clocker.ExecInput{Data: []byte(part)}) {
		}
	}
	var taken clocker.ExecTaken // again, as one does whose answer was lost
	s.ask("in", clocker.ExecInput{Number: s.puts, Data: []byte("two")}, &taken)
	s.shows("one two")
	for !s.put(clocker.ExecInput{EOF: true}) {
	}
	if end := s.ends(); end.ExitCode != 0 || s.out["stdout"] != "one two" || s.out["stderr"] != "7 bytes\n" {
		t.Errorf("ended as %+v with output %q", end, s.out)
	}

	for want, env := range map[string][]string{"out own /": nil, "out  /": {"WORD"}} {
		s = b.enter(a, func(r *clocker.ExecRequest) { r.Env = env }, "say")
		if s.ends(); !strings.HasPrefix(s.out["stdout"], want) {
			t.Errorf("with %q of its own it printed %q, want %q", env, s.out, want)
		}
	}
}

func TestACommandThatCannotStartEndsInTheEnginesWords(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	for command, want := range map[string]struct {
		words string
		codes []int
	}{
		"/nothing": {"no such file or directory", []int{126, 127}},
		"/etc":     {"permission denied", []int{126}},
	} {
		for _, terminal := range []bool{false, true} {
			s := b.enter(a, func(r *clocker.ExecRequest) {
				r.Command, r.Terminal, r.Size = []string{command}, terminal, &clocker.TerminalSize{Width: 99, Height: 33}
			}, "")
			if end := s.ends(); !slices.Contains(want.codes, end.ExitCode) || end.Broken != "" || !strings.Contains(s.out["stdout"], want.words) {
				t.Errorf("%s, terminal %v: it ended as %+v with %q", command, terminal, end, s.out)
			}
		}
	}
}

func TestATerminalHasTheSizeOfItsAskers(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	s := b.enter(a, func(r *clocker.ExecRequest) {
		r.Terminal, r.Size = true, &clocker.TerminalSize{Width: 99, Height: 33}
	}, "size")
	s.shows("size 99 33 true\r\n")
	s.ask("in", clocker.ExecInput{Size: &clocker.TerminalSize{Width: 120, Height: 40}}, &clocker.ExecTaken{})
	s.shows("size 120 40 true\r\n")
	for !s.put(clocker.ExecInput{Data: []byte{3}}) { // Ctrl-C, which is the terminal's to understand
	}
	if end := s.ends(); end.ExitCode == 0 {
		t.Errorf("interrupted, it ended as %+v", end)
	}
}

func TestACommandWhoseAskerLeavesIsEndedWithWhatItStarted(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	s := b.enter(a, nil, "stay")
	s.shows("child stays")
	if n := b.processes(a); n != 3 {
		t.Fatalf("%d processes run in the container, want 3", n)
	}
	if lives, n := s.leave(), b.processes(a); lives != "" || n != 1 {
		t.Errorf("who left hears %q, and %d processes run", lives, n)
	}
	err := s.request(s.subject("out"), clocker.ExecPull{Number: 1}, &clocker.ExecOutput{})
	if clocker.CodeOf(err) != clocker.NotFound {
		t.Errorf("its output is still had: %v", err)
	}

	// So it is when the agent ends.
	b.enter(a, nil, "stay").shows("child stays")
	b.stop()
	b.eventually("the command and its child end", func() bool { return b.processes(a) == 1 })
}

func TestACommandWhoseAskerLeavesBeforeItHasStartedIsEnded(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	for range 5 {
		s := b.enter(a, nil, "stay")
		if lives := s.leave(); lives != "" {
			t.Errorf("who left hears %q", lives)
		}
	}
	// The Engine has a command in its list from before it starts until it has ended.
	b.eventually("the commands end", func() bool {
		c, err := b.cli.ContainerInspect(context.Background(), a.EngineName())
		if err != nil {
			t.Fatal(err)
		}
		return len(c.ExecIDs) == 0
	})
	if n := b.processes(a); n != 1 {
		t.Errorf("%d processes run in the container, want 1", n)
	}
}

// processes counts what runs in a container.
func (b *bench) processes(a clocker.Assignment) int {
	b.t.Helper()
	top, err := b.cli.ContainerTop(context.Background(), a.EngineName(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return len(top.Processes)
}

func TestAReaderWhoDoesNotReadStopsHisOwnCommandAlone(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	pouring, deaf := b.enter(a, nil, "pour"), b.enter(a, func(r *clocker.ExecRequest) { r.Command = []string{"/box", "do", "child"} }, "")
	pouring.shows("x") // and then reads no more

	// Nor does a command that does not read its input take more of it than pipes hold.
	piece, sent := bytes.Repeat([]byte("y"), clocker.ExecChunk), 0
	for deaf.put(clocker.ExecInput{Data: piece}) {
		if sent++; sent > 64 {
			t.Fatalf("%d bytes were taken by a command that does not read", sent*len(piece))
		}
	}
	before := heap()
	s := b.enter(a, nil, "copy")
	for range 200 {
		for !s.put(clocker.ExecInput{Data: piece}) {
		}
		s.until("its own input", func(clocker.ExecOutput) bool {
			return len(s.out["stdout"]) >= len(piece)
		})
		s.out["stdout"] = s.out["stdout"][len(piece):]
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("the heap grew from %d to %d bytes beside a command that pours", before, after)
	}
	pouring.until("more", func(o clocker.ExecOutput) bool { return o.Number > 0 }) // it still pours
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestNoCommandRunsInAContainerThatIsNotOurs(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	s := b.asker()
	ask := func(change func(*clocker.ExecRequest)) error {
		r := clocker.ExecRequest{Session: s.session, Container: a.Container}
		r.Command = []string{"/box", "do", "say"}
		change(&r)
		return s.request(clocker.SubjectDo+host+".exec", r, &clocker.ExecOpened{})
	}
	for name, c := range map[string]struct {
		change func(*clocker.ExecRequest)
		code   clocker.Code
	}{
		"another generation": {func(r *clocker.ExecRequest) { r.Container.Generation = 2 }, clocker.NotFound},
		"another uid":        {func(r *clocker.ExecRequest) { r.Container.UID = "other" }, clocker.NotFound},
		"another container":  {func(r *clocker.ExecRequest) { r.Container.Ordinal = 5 }, clocker.NotFound},
		"no command":         {func(r *clocker.ExecRequest) { r.Command = nil }, clocker.Invalid},
		"no session":         {func(r *clocker.ExecRequest) { r.Session = "a.b" }, clocker.Invalid},
	} {
		if err := ask(c.change); clocker.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.cli.ContainerPause(t.Context(), a.EngineName()); err != nil {
		t.Fatal(err)
	}
	if err := ask(func(*clocker.ExecRequest) {}); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("paused: %v", err)
	}
	if err := b.cli.ContainerUnpause(t.Context(), a.EngineName()); err != nil {
		t.Fatal(err)
	}
}

// An asker that says nothing any more has lost his command.
func TestACommandWhoseAskerIsSilentIsEnded(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	began := time.Now()
	b.enter(a, nil, "stay").shows("child stays")
	b.eventually("the command and its child end", func() bool { return b.processes(a) == 1 })
	if d := time.Since(began); d < 10*time.Second {
		t.Errorf("it ended after %s: an asker may be silent for a moment", d)
	}
}
