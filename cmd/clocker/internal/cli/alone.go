package cli

import (
	"fmt"

	"clocker.io/cmd/clocker/internal/up"

	"github.com/spf13/cobra"
)

// The hidden commands run one part of `clocker up` as a process of its own.

func (s *Shell) nats() *cobra.Command {
	return &cobra.Command{
		Use: "nats", Short: "Run NATS alone, on $CLOCKER_NATS_LISTEN", Args: exactly(), Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error { return up.NATS(c.Context(), s.upOptions("info")) },
	}
}

func (s *Shell) migrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring $CLOCKER_DATABASE_URL to this version", Args: exactly(), Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error { return up.Migrate(c.Context(), s.upOptions("info")) },
	}
}

func (s *Shell) postgres() *cobra.Command {
	return &cobra.Command{
		Use: "postgres", Short: "Run the local Postgres alone; prints its URL", Args: exactly(), Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return up.Postgres(c.Context(), s.upOptions("info"), func(url string) { fmt.Fprintln(s.Out, url) })
		},
	}
}
