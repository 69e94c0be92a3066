package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

const long = `Clocker turns machines into a Docker cloud: deploy an application blueprint, and it places,
addresses, starts and keeps its containers.

Start here:
  clocker up                              run Clocker on this machine
  clocker deploy shop.yaml --wait         deploy an application
  clocker ps                              what runs
  clocker explain shop/web/0              why a container is where it is

Ctrl-C ends waiting, never what is waited for. Exit codes: clocker help exit-codes`

// root is the whole command line.
func (s *Shell) root() *cobra.Command {
	c := &cobra.Command{
		Use: "clocker", Short: "A Docker cloud from the machines you have", Long: long,
		SilenceErrors: true, SilenceUsage: true, Version: version().Version,
		Args:              subcommands,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return s.checkOutput(c) },
	}
	flags := c.PersistentFlags()
	flags.StringVarP(&s.output, "output", "o", outputTable, "how data is written: "+either(formats))
	flags.BoolVarP(&s.quiet, "quiet", "q", false, "short for -o name: what other commands take, one a line")
	flags.StringVar(&s.url, "url", "", "address of the API (default $CLOCKER_URL, else http://127.0.0.1:8080)")
	flags.StringVar(&s.context, "ctx", "", "context to work in, see clocker ctx (default $CLOCKER_CONTEXT)")
	flags.StringVar(&s.ca, "ca", "", "file with the certificate authority of the API, in PEM (default $CLOCKER_CA)")
	flags.BoolVar(&s.noColor, "no-color", false, "no colours, also with $NO_COLOR")
	c.SetVersionTemplate(versionLine("clocker", version()))
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{wrongFlag(c, err)}
	})
	c.SetHelpCommand(helpCommand())
	c.AddCommand(s.up(), s.down(), s.deploy(), s.validate(), s.diff(), s.apps(), s.ps(), s.hosts(),
		s.cordon("cordon", "Keep new containers off a host; those that it has go on", "will take no new containers"),
		s.cordon("uncordon", "Let containers onto a host again", "will take containers again"),
		s.clouds(), s.inspect(), s.explain(), s.logs(), s.exec(), s.top(), s.images(), s.networks(), s.dns(),
		s.events(), s.trace(), s.scale(), s.restart(), s.delete(), s.operations(), s.audit(), s.deadLetters(), s.tokens(), s.contexts(),
		s.version(), s.doctor(), s.setup(), s.certs(), s.nats(), s.migrate(), s.postgres(), s.health(),
		s.completion(c), s.man(c), exitCodesTopic())
	c.InitDefaultHelpCmd() // which has examples, too
	if err := errors.Join(s.addCompletion(c), addExamples(c), addOtherWords(c)); err != nil {
		panic(err) // a command of a table in completion.go, examples.go or habits.go is gone: every test of this package sees it
	}
	return c
}

// subcommands is for a command that has others: an argument of its own is one that nobody knows.
func subcommands(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{unknown(c, args[0])}
}

// exactly is cobra's check of the number of arguments, in words.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), names...) }

// between takes at least a number of the named arguments, and at most all of them.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &usageError{fmt.Sprintf("%s is missing: %s", names[len(args)], c.UseLine())}
		case len(args) > len(names):
			return tooMany(c, args[len(names)])
		}
		return nil
	}
}
