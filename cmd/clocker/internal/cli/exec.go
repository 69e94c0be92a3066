package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/pkg/clocker"

	"github.com/spf13/cobra"
)

// exitUnable is the exit code when a command could not be run in a container, as Docker has it.
const exitUnable = 125

// unable says that it was not the command in the container that failed.
type unable struct{ err error }

func (u *unable) Error() string { return u.err.Error() }

func (u *unable) Unwrap() error { return u.err }

// exited is the end of a command in a container whose exit code is ours.
type exited struct{ code int }

func (e *exited) Error() string { return fmt.Sprintf("exit code %d", e.code) }

const execLong = `Runs a command in a container that runs, with its input and output here. Its exit code is that of clocker; 126 is a
command that cannot be run, 127 one that is not there (126 on an Engine older than 23), 125 that Clocker could not run it or lost it, 130 that it was
interrupted here. The command is ended when clocker ends.

With -t the command has a terminal: keys, also Ctrl-C, go to it as they are, and it follows the size of this one. Without,
its output and its errors stay apart, and Ctrl-C ends it.`

func (s *Shell) exec() *cobra.Command {
	x := client.Exec{Out: s.Out, Err: s.Err, In: s.In}
	c := &cobra.Command{
		Use: "exec [flags] APP/ENTITY/N -- COMMAND [ARG...]", DisableFlagsInUseLine: true, Short: "Run a command in a container", Long: execLong,
		RunE: func(c *cobra.Command, args []string) error {
			err := s.runExec(c, args, x)
			switch err.(type) {
			case nil, *exited:
				return err
			}
			if c.Context().Err() != nil {
				return c.Context().Err()
			}
			return &unable{err}
		},
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &unable{&usageError{wrongFlag(c, err)}}
	})
	f := c.Flags()
	f.SetInterspersed(false) // what comes after the container is the command's own
	f.BoolVarP(&x.Stdin, "interactive", "i", false, "give it the input that clocker has")
	f.BoolVarP(&x.Terminal, "tty", "t", false, "give it a terminal")
	f.StringVarP(&x.User, "user", "u", "", "as this user, NAME or UID[:GID], and not the image's")
	f.StringVarP(&x.Dir, "workdir", "w", "", "in this directory")
	f.StringArrayVarP(&x.Env, "env", "e", nil, "with NAME=VALUE in its environment, or NAME as it is here (without it, if it is not set here)")
	return c
}

func (s *Shell) runExec(c *cobra.Command, args []string, x client.Exec) error {
	if len(args) == 0 {
		return &usageError{"APP/ENTITY/N is missing: " + c.UseLine()}
	}
	t, err := parseContainer(args[0])
	if err != nil {
		return err
	}
	if x.Command = args[1:]; len(x.Command) > 0 && x.Command[0] == "--" {
		x.Command = x.Command[1:]
	}
	switch {
	case len(x.Command) == 0:
		return &usageError{"COMMAND is missing: " + c.UseLine()}
	case x.Terminal && x.Stdin && !s.InTerminal:
		return &usageError{"-t needs a terminal as input, and there is none; leave it out"}
	}
	x.Env = environment(x.Env, s.LookupEnv)
	api, err := s.api()
	if err != nil {
		return err
	}
	if x.Terminal {
		leave, err := s.enterTerminal(c.Context(), &x)
		if err != nil {
			return err
		}
		defer leave()
	}
	code, err := api.Exec(c.Context(), client.Path("containers", t.app, t.entity, t.number(), "exec"), x)
	if err == nil && code != exitOK {
		return &exited{code}
	}
	return err
}

// environment is what was given with -e, with the values of here. A name without one is left as it is: the Engine takes
// it out of the container's environment.
func environment(given []string, here func(string) (string, bool)) []string {
	out := slices.Clone(given)
	for i, name := range out {
		if value, ok := here(name); ok && !strings.Contains(name, "=") {
			out[i] = name + "=" + value
		}
	}
	return out
}

// enterTerminal hands this terminal over to a command, until the function that it returns takes it back.
func (s *Shell) enterTerminal(ctx context.Context, x *client.Exec) (leave func(), err error) {
	restore := func() {}
	if x.Stdin {
		if restore, err = s.Raw(); err != nil {
			return nil, fmt.Errorf("take over the terminal: %w", err)
		}
	}
	size := func() clocker.TerminalSize {
		width, height := s.Size()
		return clocker.TerminalSize{Width: uint16(width), Height: uint16(height)}
	}
	first, sizes := size(), make(chan clocker.TerminalSize)
	x.Size, x.Sizes = &first, sizes
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			select {
			case <-ctx.Done():
				return
			case sizes <- size():
			}
		}
	}()
	return func() { cancel(); signal.Stop(changed); restore() }, nil
}
