package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// exitCodes says what each exit code means, to people and to docs/cli.md.
var exitCodes = []struct {
	code  int
	means string
}{
	{exitOK, "done"},
	{exitFailed, "failed; of what was refused, standard error has the reason"},
	{exitUsage, "wrong usage: the command line cannot be meant, and nothing was done"},
	{exitNotFound, "what was named is not there"},
	{exitDenied, "not allowed: the token is not known, or may not do this"},
	{exitConflict, "conflict: the name is taken, or something stands in the way as things are"},
	{exitTime, "time is up (`--timeout`); what was asked for goes on"},
	{exitImpossible, "no host can take it as things are; it stays, and is placed as soon as one can"},
	{exitDiffers, "`clocker diff --exit-code` found differences"},
	{exitInterrupted, "interrupted (Ctrl-C); what was asked for goes on"},
}

// exitCodesTopic is `clocker help exit-codes`.
func exitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("Exit codes are a contract with scripts.\n\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "%5d  %s\n", e.code, strings.ReplaceAll(e.means, "`", ""))
	}
	return &cobra.Command{Use: "exit-codes", Short: "What each exit code means", Long: strings.TrimRight(b.String(), "\n")}
}

// helpCommand is `clocker help`, which like --help says what a command does.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]...", Short: "Say what a command does, and how",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if at, _, err := c.Root().Find(args); err == nil {
				for _, child := range at.Commands() {
					if child.IsAvailableCommand() || child.IsAdditionalHelpTopicCommand() {
						names = append(names, child.Name())
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			at := c.Root()
			for _, word := range args {
				i := slices.IndexFunc(at.Commands(), func(child *cobra.Command) bool { return child.Name() == word || child.HasAlias(word) })
				if i < 0 {
					return &usageError{unknown(at, word)}
				}
				at = at.Commands()[i]
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}
