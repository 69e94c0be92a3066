package session

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
)

const (
	silence = 15 * time.Second // after which an asker is gone
	endWait = 12 * time.Second // that one who leaves waits for his command to end
	putWait = time.Second      // that input waits for its command to read
	getWait = 2 * time.Second  // that a pull waits for output
)

// session is one command. It holds at most a piece of input, and a piece of output with the one before it.
type session struct {
	id      string
	ctx     context.Context // ends when the command is to end
	stop    context.CancelFunc
	silence *time.Timer

	input chan clocker.ExecInput
	sizes chan clocker.TerminalSize // the newest that the terminal does not have yet
	putMu sync.Mutex
	taken int64 // number of the input that was taken last

	output chan clocker.ExecOutput
	getMu  sync.Mutex
	last   clocker.ExecOutput

	over  chan struct{} // closed when the command has ended, or could not be ended
	lives error         // why it may run on; to be read then
}

func newSession(ctx context.Context, id string, lost func()) *session {
	s := &session{id: id, input: make(chan clocker.ExecInput), sizes: make(chan clocker.TerminalSize, 1),
		output: make(chan clocker.ExecOutput), over: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(ctx)
	s.silence = time.AfterFunc(silence, lost)
	return s
}

// hear notes that the asker is there.
func (s *session) hear() { s.silence.Reset(silence) }

// run gives the command's output to whoever pulls, and last how it ended. The error says that this is not known, or that
// it could not be ended.
func (s *session) run(p Process) error {
	defer s.silence.Stop()
	defer close(s.over)
	code, err := p.Run(s.ctx, func(stream string, data []byte) error {
		return s.give(clocker.ExecOutput{Stream: stream, Data: bytes.Clone(data)}) // who reads reuses it
	})
	end := clocker.ExecOutput{Ended: true, ExitCode: code}
	if err != nil {
		end.Broken = err.Error()
	}
	_ = s.give(end) // nobody is there to hear it
	<-s.ctx.Done()
	if err != nil && !errors.Is(err, context.Canceled) {
		s.lives = err
	}
	return s.lives
}

// left waits until a command whose asker leaves has ended, and says why it may run on.
func (s *session) left(ctx context.Context) string {
	wait := time.NewTimer(endWait)
	defer wait.Stop()
	select {
	case <-s.over:
		if s.lives != nil {
			return s.lives.Error()
		}
		return ""
	case <-wait.C:
		return "it has not ended yet"
	case <-ctx.Done():
		return "the agent of its host ends, and ends it when it is back"
	}
}

func (s *session) give(o clocker.ExecOutput) error {
	select {
	case s.output <- o:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// pull gives the output of a number: the one given last again, or the next one.
func (s *session) pull(ctx context.Context, number int64) (clocker.ExecOutput, error) {
	s.getMu.Lock()
	defer s.getMu.Unlock()
	switch number {
	case s.last.Number:
		return s.last, nil
	case s.last.Number + 1:
	default:
		return clocker.ExecOutput{}, &clocker.Error{Code: clocker.Conflict, Message: "this output is gone, or yet to come"}
	}
	wait := time.NewTimer(getWait)
	defer wait.Stop()
	select {
	case s.last = <-s.output:
		s.last.Number = number
		return s.last, nil
	case <-wait.C:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return clocker.ExecOutput{}, nil
}

// size takes the size of the asker's terminal in place of one that was not looked at yet.
func (s *session) size(to clocker.TerminalSize) {
	for {
		select {
		case s.sizes <- to:
			return
		default:
		}
		select {
		case <-s.sizes:
		default:
		}
	}
}

// resize gives the command's terminal its size until it is to end.
func (s *session) resize(p Process) {
	for {
		select {
		case size := <-s.sizes:
			_ = p.Resize(s.ctx, size) // a command that ended has no terminal
		case <-s.ctx.Done():
			return
		}
	}
}

// put takes input, unless the command has not read what came before.
func (s *session) put(ctx context.Context, in clocker.ExecInput) (clocker.ExecTaken, error) {
	s.putMu.Lock()
	defer s.putMu.Unlock()
	switch in.Number {
	case s.taken:
		return clocker.ExecTaken{Taken: true}, nil
	case s.taken + 1:
	default:
		return clocker.ExecTaken{}, &clocker.Error{Code: clocker.Conflict, Message: "input is missing before this"}
	}
	wait := time.NewTimer(putWait)
	defer wait.Stop()
	select {
	case s.input <- in:
		s.taken = in.Number
		return clocker.ExecTaken{Taken: true}, nil
	case <-wait.C:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return clocker.ExecTaken{}, nil
}

// feed gives input to the command until it is to end. What a command that ended did not read is dropped.
func (s *session) feed(p Process) {
	for {
		var in clocker.ExecInput
		select {
		case in = <-s.input:
		case <-s.ctx.Done():
			return
		}
		if len(in.Data) > 0 {
			_, _ = p.Write(in.Data)
		}
		if in.EOF {
			_ = p.Close()
		}
	}
}
