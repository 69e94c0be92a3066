package cli

import (
	"errors"
	"strings"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

const setByKey = "set by: "

// setBy says that a parameter of the API comes from a flag of another name.
func setBy(c *cobra.Command, parameter, flag string) {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[setByKey+parameter] = flag
}

// inWordsOf makes of a value that the API refuses one of the command line: its flag is named in place of the parameter,
// which nobody here has written. What comes from an argument keeps the API's words.
func inWordsOf(c *cobra.Command, err error) error {
	var p *client.Problem
	if !errors.As(err, &p) || p.Parameter == "" {
		return err
	}
	name, other := c.Annotations[setByKey+p.Parameter]
	if !other {
		name = p.Parameter
	}
	flag := c.Flags().Lookup(name)
	if flag == nil || !flag.Changed {
		return &wrongValue{problem: p, text: p.Error()}
	}
	if rest, begins := strings.CutPrefix(p.Error(), p.Parameter+" "); begins {
		return &wrongValue{problem: p, text: "--" + name + " " + rest}
	}
	return &wrongValue{problem: p, text: "--" + name + ": " + p.Error()}
}

// wrongValue is a value on the command line that the API refuses: wrong usage, and nothing was done.
type wrongValue struct {
	problem *client.Problem
	text    string
}

func (e *wrongValue) Error() string { return e.text }

func (e *wrongValue) Unwrap() error { return e.problem }
