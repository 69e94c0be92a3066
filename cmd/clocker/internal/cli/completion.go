package cli

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/contexts"
	"clocker.io/pkg/events"

	"github.com/spf13/cobra"
)

const completionLong = `Prints a script that lets a shell complete commands, flags and the names of what is there. Shells read it when they start:

  bash, which needs the package bash-completion
` + inBash + `
  zsh; the last line is for once
` + inZsh + `
  fish
` + inFish + `
For the bash that runs, alone: source <(clocker completion bash)`

// What puts a script in place; docs/cli.md has the same lines.
const (
	inBash = `    mkdir -p ~/.local/share/bash-completion/completions
    clocker completion bash > ~/.local/share/bash-completion/completions/clocker
`
	inZsh = `    mkdir -p ~/.local/share/zsh/site-functions
    clocker completion zsh > ~/.local/share/zsh/site-functions/_clocker
    echo 'fpath=(~/.local/share/zsh/site-functions $fpath); autoload -U compinit; compinit' >> ~/.zshrc
`
	inFish = `    mkdir -p ~/.config/fish/completions
    clocker completion fish > ~/.config/fish/completions/clocker.fish
`
)

// completion prints completion scripts; what a word may become is asked for by these, see complete.
func (s *Shell) completion(root *cobra.Command) *cobra.Command {
	root.CompletionOptions.DisableDefaultCmd = true // ours says how to install it
	scripts := map[string]func() error{
		"bash": func() error { return root.GenBashCompletionV2(s.Out, true) },
		"zsh":  func() error { return root.GenZshCompletion(s.Out) },
		"fish": func() error { return root.GenFishCompletion(s.Out, true) },
	}
	return &cobra.Command{
		Use: "completion bash|zsh|fish", Short: "Print what lets a shell complete commands and names", Long: completionLong,
		Args: exactly("bash|zsh|fish"), ValidArgs: slices.Sorted(maps.Keys(scripts)),
		RunE: func(_ *cobra.Command, args []string) error {
			script, ok := scripts[args[0]]
			if !ok {
				return &usageError{fmt.Sprintf("there is no completion for %s: bash, zsh or fish", args[0])}
			}
			return script()
		},
	}
}

// completing is how long a person who pressed Tab waits at most.
const completing = time.Second

// names gives the words that a word may become, and whether more may follow without a space.
type names func(ctx context.Context, word string) (words []string, more bool)

// complete asks the installation; whatever goes wrong, there are just no words.
func complete(of names, several bool) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !several {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), completing)
		defer cancel()
		words, more := of(ctx, word)
		directive := cobra.ShellCompDirectiveNoFileComp
		if more {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, word) }), directive
	}
}

// completed are the commands whose arguments are names.
func (s *Shell) completed() map[string]names {
	return map[string]names{
		"ps": s.applicationNames, "top": s.applicationNames, "delete": s.applicationNames,
		"network show": s.applicationNames, "dns": s.applicationNames,
		"inspect": s.targets(false), "explain": s.targets(false), "restart": s.targets(false), "trace": s.targets(false),
		"logs": s.targets(true), "exec": s.targets(true), "scale": s.targets(false),
		"cordon": s.hostNames, "uncordon": s.hostNames,
		"cloud show": s.cloudNames, "cloud set": s.cloudNames, "cloud rm": s.cloudNames,
		"operations show": s.operationNames, "operations cancel": s.operationNames,
		"dead-letters show": s.letterNames, "dead-letters retry": s.letterNames, "dead-letters drop": s.letterNames,
		"token revoke": s.tokenNames,
		"ctx use":      s.contextNames, "ctx rm": s.contextNames,
	}
}

// addCompletion lets the arguments and flags of all commands be completed.
func (s *Shell) addCompletion(root *cobra.Command) error {
	for path, of := range s.completed() {
		c, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("complete %s: there is no such command", path)
		}
		c.ValidArgsFunction = complete(of, strings.HasPrefix(path, "dead-letters"))
	}
	flags := map[string]names{"application": s.applicationNames, "host": s.hostNames, "sort": words("cpu", "memory", "name"), "role": words("viewer", "deployer", "operator", "admin"),
		"kind": words(events.OperationKinds()...), "state": words(events.OperationStates()...)}
	var failed error
	each(root, func(c *cobra.Command) {
		for name, of := range flags {
			if c.LocalNonPersistentFlags().Lookup(name) != nil && failed == nil {
				failed = c.RegisterFlagCompletionFunc(name, complete(of, true))
			}
		}
	})
	if failed != nil {
		return failed
	}
	if err := root.RegisterFlagCompletionFunc("ctx", complete(s.contextNames, true)); err != nil {
		return err
	}
	return root.RegisterFlagCompletionFunc("output", func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return formatsOf(c), cobra.ShellCompDirectiveNoFileComp
	})
}

// each visits a command and all below it.
func each(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, child := range c.Commands() {
		each(child, visit)
	}
}

func words(of ...string) names {
	return func(context.Context, string) ([]string, bool) { return slices.Clone(of), false }
}

// page gives the names of one page of a list: more words than anybody looks at are of no use.
func page[T any](ctx context.Context, s *Shell, path string, query url.Values, name func(T) string) []string {
	api, err := s.api()
	if err != nil {
		return nil
	}
	list, err := client.Get[struct {
		Items []T `json:"items"`
	}](ctx, api, path, query)
	if err != nil {
		return nil
	}
	out := make([]string, len(list.Value.Items))
	for i, item := range list.Value.Items {
		out[i] = name(item)
	}
	return out
}

func (s *Shell) applicationNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("applications"), nil, s.applicationList().name), false
}

func (s *Shell) hostNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("hosts"), nil, hostList().name), false
}

func (s *Shell) cloudNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("clouds"), nil, cloudListing().name), false
}

func (s *Shell) operationNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("operations"), nil, s.operationList().name), false
}

func (s *Shell) letterNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("dead-letters"), nil, letterName), false
}

func (s *Shell) tokenNames(ctx context.Context, _ string) ([]string, bool) {
	return page(ctx, s, client.Path("tokens"), nil, s.tokenListing().name), false
}

func (s *Shell) contextNames(context.Context, string) ([]string, bool) {
	f, err := contexts.Load(s.contextFile())
	if err != nil {
		return nil, false
	}
	return append([]string{contexts.Local}, slices.Sorted(maps.Keys(f.Contexts))...), false
}

// targets are applications at first, and behind the first / the entities and containers of one.
func (s *Shell) targets(containersOnly bool) names {
	return func(ctx context.Context, word string) ([]string, bool) {
		app, _, inside := strings.Cut(word, "/")
		if !inside {
			apps, _ := s.applicationNames(ctx, word)
			if containersOnly {
				for i := range apps {
					apps[i] += "/"
				}
			}
			return apps, true
		}
		containers := page(ctx, s, client.Path("containers"), url.Values{"application": {app}}, s.containerList().name)
		if containersOnly {
			return containers, false
		}
		var out []string
		for _, c := range containers {
			t, err := parseTarget(c)
			if entity := t.app + "/" + t.entity; err == nil && !slices.Contains(out, entity) {
				out = append(out, entity)
			}
		}
		return append(out, containers...), false
	}
}
