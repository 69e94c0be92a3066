package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

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
		SilenceErrors: true, SilenceUsage: true,
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
	if err := errors.Join(s.addCompletion(c), addExamples(c)); err != nil {
		panic(err) // a command of a table in completion.go or examples.go is gone: every test of this package sees it
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

func unknown(c *cobra.Command, word string) string {
	text := fmt.Sprintf("unknown command %q", word)
	c.SuggestionsMinimumDistance = min(2, (len(word)-1)/2) // two letters of four are no slip
	if near := c.SuggestionsFor(word); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return text + "; see: " + c.CommandPath() + " --help"
}

// invalid is what the parser of flags says of a value.
var invalid = regexp.MustCompile(`^invalid argument (".*") for ".*--([\w-]+)" flag: `)

// wrongFlag says in words what is wrong with a flag.
func wrongFlag(c *cobra.Command, err error) string {
	text := err.Error()
	if m := invalid.FindStringSubmatch(text); m != nil {
		want := map[string]string{"int": "a number", "int64": "a number", "float64": "a number", "bool": "true or false",
			"duration": "a time such as 90s, 10m or 1h30m"}[c.Flag(m[2]).Value.Type()]
		if want != "" {
			text = fmt.Sprintf("--%s is %s, and not %s", m[2], want, m[1])
		}
	}
	return text + "; see: " + c.CommandPath() + " --help"
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
			return &usageError{fmt.Sprintf("%q is one argument too many: %s", args[len(names)], c.UseLine())}
		}
		return nil
	}
}
