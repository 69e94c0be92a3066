package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"clocker.io/cmd/clocker/internal/render"

	"golang.org/x/term"
)

// Shell is what a command finds around it. The tests give another one than the process's.
type Shell struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
	Now      func() time.Time
	// LookupEnv also says whether there is such a variable.
	LookupEnv func(string) (string, bool)
	// OutTerminal and ErrTerminal say whether a person looks at them.
	OutTerminal, ErrTerminal bool
	// Size is that of the terminal, in characters.
	Size func() (width, height int)
	// InTerminal says whether a person types the input; Raw has keys come as they are, until it is undone.
	InTerminal bool
	Raw        func() (restore func(), err error)

	output  string // a format
	quiet   bool   // -o name
	url     string
	context string
	ca      string
	noColor bool

	asked endpoint // by the last client
}

// Main runs the command line of this process and gives its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends us at once
	s := &Shell{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, LookupEnv: os.LookupEnv, Now: time.Now,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())), ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Size: size, InTerminal: term.IsTerminal(int(os.Stdin.Fd())), Raw: raw,
	}
	return s.Run(ctx, os.Args[1:])
}

// size is that of the terminal, whichever stream it is at.
func size() (width, height int) {
	for _, f := range []*os.File{os.Stderr, os.Stdout, os.Stdin} {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil {
			return width, height
		}
	}
	return 80, 24
}

func raw() (restore func(), err error) {
	was, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(int(os.Stdin.Fd()), was) }, nil // a terminal that is gone needs nothing
}

// Run runs one command line and gives its exit code.
func (s *Shell) Run(ctx context.Context, args []string) int {
	root := s.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out) // help is what was asked for
	root.SetErr(s.Err)
	c, err := root.ExecuteContextC(ctx)
	return s.report(s.inWordsOf(ctx, c, err))
}

// say tells a person something.
func (s *Shell) say(format string, args ...any) { fmt.Fprintf(s.Err, format+"\n", args...) }

func (s *Shell) colour(terminal bool) render.Paint {
	return render.Paint{On: terminal && !s.noColor && s.Env("NO_COLOR") == "" && s.Env("TERM") != "dumb"}
}

func (s *Shell) outPaint() render.Paint { return s.colour(s.OutTerminal) }
func (s *Shell) errPaint() render.Paint { return s.colour(s.ErrTerminal) }
