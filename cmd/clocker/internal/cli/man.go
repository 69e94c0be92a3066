package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (s *Shell) man(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages of all commands into a directory", Args: exactly("DIR"),
		Long: `Writes a manual page for each command, clocker.1 and clocker-ps.1 and so on. To have them found by man:

  clocker man /usr/local/share/man/man1        (or ~/.local/share/man/man1)`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("write the manual: %w", err)
			}
			built := builtAt()
			header := &doc.GenManHeader{Title: "CLOCKER", Section: "1", Source: "Clocker " + version().Version, Manual: "Clocker", Date: &built}
			root.DisableAutoGenTag = true // equal pages for equal versions
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("write the manual: %w", err)
			}
			s.say("the manual is in %s", args[0])
			return nil
		},
	}
}

// builtAt is when this version was committed, as far as it is known.
func builtAt() time.Time {
	t, err := time.Parse(time.RFC3339, buildSetting("vcs.time"))
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return t
}
