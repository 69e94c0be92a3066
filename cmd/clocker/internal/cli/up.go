package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/logs"

	"github.com/spf13/cobra"
)

func (s *Shell) up() *cobra.Command {
	var detach bool
	var timeout time.Duration
	c := &cobra.Command{
		Use: "up", Short: "Run Clocker on this machine", Args: exactly(),
		Long: `Runs every service of Clocker in one process until Ctrl-C. Containers go on running without it.

Settings are environment variables: CLOCKER_DATA (data directory), CLOCKER_LISTEN (API, 127.0.0.1:8080),
CLOCKER_TLS_CERT and CLOCKER_TLS_KEY (files: TLS for the API, and for the port of NATS), CLOCKER_DATABASE_URL (a
Postgres of yours), CLOCKER_NATS_LISTEN (opens a port for NATS), DOCKER_HOST,
CLOCKER_LOG (debug, info, warn, error), CLOCKER_LOG_FORMAT (json, text).`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.onlyHere(c); err != nil {
				return err
			}
			o := s.upOptions("warn")
			if detach {
				ctx, cancel := context.WithTimeout(c.Context(), timeout)
				defer cancel()
				return up.Detach(ctx, o)
			}
			return up.Run(c.Context(), o)
		},
	}
	c.Flags().BoolVarP(&detach, "detach", "d", false, "run in the background; returns when it is ready")
	c.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "with --detach: how long to wait until it is ready")
	return c
}

// upOptions are those of up and its parts. In the background the log is a file and holds more than a person at a
// terminal wants to see.
func (s *Shell) upOptions(level string) up.Options {
	o := up.Options{Dir: s.dataDir(), Env: s.Env, Say: func(line string) { s.say("%s", line) }, Detached: up.Detached(s.Env)}
	if o.Detached {
		level = "info"
	}
	if given := s.Env("CLOCKER_LOG"); given != "" {
		level = given
	}
	format := s.Env("CLOCKER_LOG_FORMAT")
	if format == "" && s.ErrTerminal {
		format = "text"
	}
	o.Log = logs.New(s.Err, level, format).With("pid", os.Getpid())
	return o
}

// onlyHere refuses flags that name another installation, for a command that is about the one of this machine.
func (s *Shell) onlyHere(c *cobra.Command) error {
	for _, flag := range []string{"url", "ctx"} {
		if c.Flags().Changed(flag) {
			return &usageError{fmt.Sprintf("%s is about the Clocker on this machine, and takes no --%s; CLOCKER_DATA names its data directory",
				c.CommandPath(), flag)}
		}
	}
	return nil
}

func (s *Shell) down() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "End a Clocker that runs in the background; containers go on", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.onlyHere(c); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
			defer cancel()
			ended, err := up.Down(ctx, s.dataDir())
			switch {
			case err != nil:
			case ended:
				s.say("Clocker has ended; what it deployed runs on")
			default:
				s.say("no Clocker runs on %s", s.dataDir())
			}
			return err
		},
	}
}
