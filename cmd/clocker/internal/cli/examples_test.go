package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
)

// typed is a clocker in a line of a shell: what stands before it, its words, and what the shell makes of the rest.
var typed = regexp.MustCompile(`(?:^|[=\w./]+ |\| (?:xargs -n1 )?|\|\| |<\()clocker ([^|<>)']*)`)

func TestEachCommandHasExamplesThatCanBeMeant(t *testing.T) {
	t.Parallel()
	each((&Shell{}).root(), func(c *cobra.Command) {
		if c.Hidden || !c.Runnable() || (c.HasSubCommands() && c.Args != nil && examples[path(c)] == nil) {
			return
		}
		if c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			found := typed.FindAllStringSubmatch(strings.TrimSpace(line), -1)
			if len(found) == 0 {
				t.Errorf("%s: no clocker in the example %q", c.CommandPath(), line)
			}
			own := false
			for _, m := range found {
				words := strings.Fields(m[1])
				if strings.HasPrefix(m[0], "| xargs") {
					words = append(words, "shop/web/0")
				}
				meant, err := meant(words)
				if err != nil {
					t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
				}
				own = own || meant == c.CommandPath()
			}
			if !own {
				t.Errorf("%s: the example %q is of another command", c.CommandPath(), line)
			}
		}
	})
}

// path is that of a command below clocker.
func path(c *cobra.Command) string {
	_, rest, _ := strings.Cut(c.CommandPath(), " ")
	return rest
}

// meant finds the command of a line, and holds its flags and arguments against what it takes.
func meant(words []string) (string, error) {
	c, rest, err := (&Shell{}).root().Find(words)
	if err != nil {
		return "", err
	}
	if err := c.ParseFlags(rest); err != nil {
		return "", err
	}
	args := c.Flags().Args()
	if c.Args == nil {
		return c.CommandPath(), nil
	}
	return c.CommandPath(), c.Args(c, args)
}

func TestHelpSpeaksWithOneVoice(t *testing.T) {
	t.Parallel()
	orders := []string{}
	each((&Shell{}).root(), func(c *cobra.Command) {
		if c.Hidden || !c.Runnable() || !c.HasParent() {
			return
		}
		if short := []rune(c.Short); len(short) == 0 || !unicode.IsUpper(short[0]) || strings.HasSuffix(c.Short, ".") || len(c.Short) > 100 {
			t.Errorf("%s: %q is no line of help", c.CommandPath(), c.Short)
		}
		order, _, _ := strings.Cut(c.Short, " ")
		orders = append(orders, order)
		if long, _, _ := strings.Cut(c.Long, " "); c.Long != "" && !strings.HasSuffix(long, "s") && long != "A" {
			t.Errorf("%s: its help begins with %q; it says what the command does, as %ss", c.CommandPath(), long, order)
		}
	})
	for _, order := range []string{"The", "A", "This", "Shows", "Lists"} {
		if slices.Contains(orders, order) {
			t.Errorf("a short help begins with %q: it is an order, such as Show", order)
		}
	}
}
