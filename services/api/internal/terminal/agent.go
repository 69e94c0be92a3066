package terminal

import (
	"context"
	"time"

	"clocker.io/pkg/clocker"
)

const (
	patience  = 10 * time.Second       // with an agent that does not answer
	again     = 200 * time.Millisecond // between asking it
	leaveTime = 15 * time.Second       // for it to end the command
)

// Agent is one session with the agent of a host. What it did not answer is asked again: it knows by number what it has.
type Agent struct {
	Host, Session string
	Request       func(ctx context.Context, subject string, v, reply any) error
}

// Open has a command started.
func (a *Agent) Open(ctx context.Context, c clocker.Container, what clocker.ExecCommand) error {
	r := clocker.ExecRequest{Session: a.Session, Container: c, ExecCommand: what}
	return a.explain(a.Request(ctx, clocker.SubjectDo+a.Host+".exec", r, &clocker.ExecOpened{}))
}

// Leave has the command ended, and says why it may run on; empty when it has ended. The agent is told once: one that does not
// hear it ends the command by itself before long, and one that knows nothing of it was started anew and ends what it finds.
func (a *Agent) Leave(ctx context.Context) (lives string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	var t clocker.ExecTaken
	err := a.Request(ctx, a.subject("in"), clocker.ExecInput{Leave: true}, &t)
	switch clocker.CodeOf(err) {
	case clocker.NotFound:
		return "the agent of host " + a.Host + " was started anew, and ends it when it finds it"
	case clocker.Unavailable:
		return "the agent of host " + a.Host + " does not answer: it ended the command with itself, or ends it when it is back"
	}
	if err != nil {
		return err.Error()
	}
	return t.Lives
}

// Lives is the end of a session whose command may run on.
type Lives struct {
	Err error  // why the session ended
	Why string // the command may run on
}

func (l *Lives) Error() string { return l.Err.Error() + l.Words() }
func (l *Lives) Unwrap() error { return l.Err }

// Words follow those on why the session ended.
func (l *Lives) Words() string { return "; the command may run on: " + l.Why }

// put gives input, and says whether it was taken.
func (a *Agent) put(ctx context.Context, in clocker.ExecInput) (taken bool, err error) {
	var t clocker.ExecTaken
	err = a.ask(ctx, "in", in, &t)
	return t.Taken, err
}

// pull gives the output of a number; one with number 0 when there is none yet.
func (a *Agent) pull(ctx context.Context, number int64) (o clocker.ExecOutput, err error) {
	err = a.ask(ctx, "out", clocker.ExecPull{Number: number}, &o)
	return o, err
}

func (a *Agent) subject(verb string) string {
	return clocker.SubjectDo + a.Host + ".exec." + a.Session + "." + verb
}

// ask asks until there is an answer, or patience is over.
func (a *Agent) ask(ctx context.Context, verb string, v, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		try, done := context.WithTimeout(ctx, patience/2)
		err := a.Request(try, a.subject(verb), v, reply)
		done()
		if clocker.CodeOf(err) != clocker.Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return a.explain(err)
		case <-time.After(again):
		}
	}
}

// explain says who it is that does not answer.
func (a *Agent) explain(err error) error {
	if clocker.CodeOf(err) != clocker.Unavailable {
		return err
	}
	return &clocker.Error{Code: clocker.Unavailable, Message: "the agent of host " + a.Host + " does not answer", Err: err}
}
