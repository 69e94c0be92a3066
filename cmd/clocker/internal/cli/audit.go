package cli

import (
	"errors"
	"fmt"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) audit() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Look at the log of events as evidence", Args: subcommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	file := ""
	verify := &cobra.Command{
		Use: "verify", Short: "Check that no event is missing, swapped or altered", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			if file != "" {
				return s.verifyFile(file)
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			a, err := client.Get[client.Audit](c.Context(), api, client.Path("audit", "verify"), nil)
			if err != nil {
				return err
			}
			if err := s.show(a.Raw, func() string { return auditText(a.Value) }); err != nil {
				return err
			}
			if !a.Value.OK {
				return errors.New("the log of events was tampered with or damaged")
			}
			return nil
		},
	}
	verify.Flags().StringVar(&file, "file", "", "check an export, without asking Clocker; - is standard input")
	c.AddCommand(verify, s.auditReplay(), s.auditExport(), s.auditImport())
	return c
}

func auditText(a client.Audit) string {
	switch {
	case a.OK && a.Pruned > 0:
		return fmt.Sprintf("ok: %d events after %d, up to which they are no longer kept; no gap, every link holds\n", a.Count, a.Pruned)
	case a.OK:
		return fmt.Sprintf("ok: %d events, no gap, every link holds\n", a.Count)
	case a.FirstBad != nil:
		return fmt.Sprintf("bad from event %d on: %s\n", *a.FirstBad, a.Reason)
	default:
		return fmt.Sprintf("bad: %s\n", a.Reason)
	}
}
