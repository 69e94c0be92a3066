package cli

import (
	"context"
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

// inWordsOf puts what the API refuses into words of the command line. Of a value its flag is named in place of the
// parameter, which nobody here has written; what comes from an argument keeps the API's words. With a name that is not
// there goes the one that may have been meant.
func (s *Shell) inWordsOf(ctx context.Context, c *cobra.Command, err error) error {
	var p *client.Problem
	if !errors.As(err, &p) {
		return err
	}
	if near := s.nearName(ctx, c, err); near != "" {
		return &misspelt{err: err, near: near}
	}
	if p.Parameter == "" {
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

// misspelt is a name that is not there, with one that is and may have been meant.
type misspelt struct {
	err  error
	near string
}

func (e *misspelt) Error() string { return e.err.Error() }

func (e *misspelt) Unwrap() error { return e.err }
