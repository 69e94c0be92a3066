package agent_test

import (
	"context"
	"strings"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
)

// asker is one who runs a command in a container, as the api does.
type asker struct {
	t       *testing.T
	conn    *bus.Conn
	session string
	puts    int64
	pulls   int64
	out     map[string]string
}

// running is a bench with a container that runs.
func running(t *testing.T) (*bench, clocker.Assignment) {
	t.Helper()
	b := newBench(t)
	b.start()
	a, e := b.member(0, func(a *clocker.Assignment) { a.Env = []string{"WORD=own"} })
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.started " + a.Path())
	return b, a
}

// enter runs a command, with the rights of the api.
func (b *bench) enter(a clocker.Assignment, change func(*clocker.ExecRequest), what string) *asker {
	b.t.Helper()
	s := b.asker()
	r := clocker.ExecRequest{Session: s.session, Container: a.Container}
	r.Command, r.Stdin = []string{"/box", "do", what}, true
	if change != nil {
		change(&r)
	}
	if err := s.request(clocker.SubjectDo+host+".exec", r, &clocker.ExecOpened{}); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) asker() *asker {
	b.t.Helper()
	return &asker{t: b.t, conn: bustest.As(b.t, b.server, "api"), session: random() + random(), out: map[string]string{}}
}

func (s *asker) subject(verb string) string {
	return clocker.SubjectDo + host + ".exec." + s.session + "." + verb
}

// request waits for as long as a slow Engine may take.
func (s *asker) request(subject string, v, reply any) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return s.conn.Request(ctx, subject, v, reply)
}

func (s *asker) ask(verb string, v, reply any) {
	s.t.Helper()
	if err := s.request(s.subject(verb), v, reply); err != nil {
		s.t.Fatal(err)
	}
}

// leave has the command ended, and gives why it may run on.
func (s *asker) leave() string {
	s.t.Helper()
	var taken clocker.ExecTaken
	if err := s.request(s.subject("in"), clocker.ExecInput{Leave: true}, &taken); err != nil {
		s.t.Fatal(err)
	}
	return taken.Lives
}

// put gives input once, and says whether it was taken.
func (s *asker) put(in clocker.ExecInput) bool {
	s.t.Helper()
	var taken clocker.ExecTaken
	in.Number = s.puts + 1
	s.ask("in", in, &taken)
	if taken.Taken {
		s.puts++
	}
	return taken.Taken
}

// until pulls output until cond.
func (s *asker) until(what string, cond func(clocker.ExecOutput) bool) clocker.ExecOutput {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		var o clocker.ExecOutput
		if err := s.conn.Request(ctx, s.subject("out"), clocker.ExecPull{Number: s.pulls + 1}, &o); err != nil {
			s.t.Fatalf("%s: %v; output so far: %q", what, err, s.out)
		}
		if o.Number > 0 {
			s.pulls = o.Number
			s.out[o.Stream] += string(o.Data)
		}
		if cond(o) {
			return o
		}
	}
}

func (s *asker) shows(text string) {
	s.t.Helper()
	s.until(text, func(clocker.ExecOutput) bool { return strings.Contains(s.out["stdout"], text) })
}

func (s *asker) ends() clocker.ExecOutput {
	s.t.Helper()
	return s.until("the end", func(o clocker.ExecOutput) bool { return o.Ended })
}
