package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/contexts"

	"github.com/spf13/cobra"
)

const contextsLong = `A context is a name for an installation: its address, token and certificate authority. Commands work in the one that is in use,
unless --url, --ctx, CLOCKER_URL or CLOCKER_CONTEXT names another; CLOCKER_DATA means the installation in that directory. local
is the installation on this machine, which needs no context.

Contexts are kept in ~/.config/clocker/contexts.json, which only you can read. Tokens are never printed.`

func (s *Shell) contexts() *cobra.Command {
	c := &cobra.Command{Use: "ctx", Aliases: []string{"context", "contexts"}, Short: "Name the installations you work with, and switch between them",
		Long: contextsLong, Args: subcommands, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(s.contextAdd(), s.contextUse(), s.contextList(), s.contextRemove())
	return c
}

// adding is what `clocker ctx add` was given beside the global flags.
type adding struct {
	tokenFile                    string
	stdin, use, replace, noCheck bool
}

func (s *Shell) contextAdd() *cobra.Command {
	var a adding
	c := &cobra.Command{
		Use: "add NAME --url URL", Short: "Keep a name for an installation", Args: exactly("NAME"),
		Long: `Keeps a name for the installation at --url, with the authority of --ca. The token is read from standard input with
--token-stdin, or each time it is needed from the file of --token-file, else it is that of CLOCKER_TOKEN.

The installation is asked once whether it is there and takes the token; --no-check leaves that out.`,
		RunE: func(c *cobra.Command, args []string) error { return s.addContext(c, args[0], a) },
	}
	c.Flags().StringVar(&a.tokenFile, "token-file", "", "file with the token, read whenever it is needed")
	c.Flags().BoolVar(&a.stdin, "token-stdin", false, "read the token from standard input")
	c.Flags().BoolVar(&a.use, "use", false, "use it from now on")
	c.Flags().BoolVar(&a.replace, "replace", false, "in place of one of that name")
	c.Flags().BoolVar(&a.noCheck, "no-check", false, "do not ask the installation")
	return c
}

func (s *Shell) addContext(c *cobra.Command, name string, a adding) error {
	kept, err := s.newContext(c.Context(), a)
	if err != nil {
		return err
	}
	if !a.noCheck {
		if err := s.checkContext(c, name, kept); err != nil {
			return err
		}
	}
	err = contexts.Change(s.contextFile(), func(f *contexts.File) error {
		if err := f.Add(name, kept, a.replace); err != nil || !a.use {
			return err
		}
		return f.Use(name)
	})
	if err != nil {
		return err
	}
	if a.use {
		s.say("context %s is kept and in use", name)
	} else {
		s.say("context %s is kept; use it with: clocker ctx use %s", name, name)
	}
	return nil
}

// newContext is what is to be kept. Paths are made absolute: they are read from other directories.
func (s *Shell) newContext(ctx context.Context, a adding) (c contexts.Context, err error) {
	if s.url == "" {
		return c, &usageError{"--url is missing: the address of its API, such as https://clocker.example.com:8080"}
	}
	if a.stdin && a.tokenFile != "" {
		return c, &usageError{"--token-file and --token-stdin name two tokens"}
	}
	if _, err := parseURL(s.url); err != nil {
		return c, err
	}
	c = contexts.Context{URL: s.url, CA: s.ca, TokenFile: a.tokenFile, Token: s.Env("CLOCKER_TOKEN")}
	for _, path := range []*string{&c.CA, &c.TokenFile} {
		if *path != "" {
			if *path, err = filepath.Abs(*path); err != nil {
				return c, err
			}
		}
	}
	if c.TokenFile != "" {
		c.Token = ""
	}
	if a.stdin {
		text, err := io.ReadAll(io.LimitReader(s.stdin(ctx), 64<<10))
		if err != nil {
			return c, fmt.Errorf("read the token: %w", err)
		}
		if c.Token = strings.TrimSpace(string(text)); c.Token == "" {
			return c, &usageError{"--token-stdin: there is no token on standard input"}
		}
	}
	return c, nil
}

// checkContext asks the installation for its version, which wants a token.
func (s *Shell) checkContext(c *cobra.Command, name string, kept contexts.Context) error {
	token, err := kept.Secret()
	if err != nil {
		return err
	}
	api, err := s.clientOf(endpoint{url: kept.URL, token: token, tokenFrom: "context " + name, ca: kept.CA})
	if err != nil {
		return err
	}
	if _, err := client.Get[client.Version](c.Context(), api, client.Path("version"), nil); err != nil {
		s.say("context %s is not kept; --no-check keeps it all the same", name)
		return err
	}
	return nil
}

func (s *Shell) contextUse() *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "Work in a context from now on; local is this machine's installation", Args: exactly("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := contexts.Change(s.contextFile(), func(f *contexts.File) error { return f.Use(args[0]) }); err != nil {
				return err
			}
			s.say("context %s is in use", args[0])
			for _, name := range []string{"CLOCKER_URL", "CLOCKER_CONTEXT", "CLOCKER_DATA"} {
				if s.Env(name) != "" {
					s.say("but %s is set, which comes first", name)
				}
			}
			return nil
		},
	}
}

func (s *Shell) contextRemove() *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Aliases: []string{"remove"}, Short: "Forget a context; nothing is asked of the installation", Args: exactly("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := contexts.Change(s.contextFile(), func(f *contexts.File) error { return f.Remove(args[0]) }); err != nil {
				return err
			}
			s.say("context %s is forgotten", args[0])
			return nil
		},
	}
}

// keptContext is a context as it is shown: without its token.
type keptContext struct {
	Context   string `json:"context"`
	Current   bool   `json:"current"`
	URL       string `json:"url"`
	Token     string `json:"token"` // kept, file or none
	TokenFile string `json:"tokenFile,omitempty"`
	CA        string `json:"ca,omitempty"`
}

func (s *Shell) contextList() *cobra.Command {
	return named(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List contexts", Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			f, err := contexts.Load(s.contextFile())
			if err != nil {
				return err
			}
			list := []keptContext{{Context: contexts.Local, Current: f.Current == "", URL: s.localURL(), Token: "file", TokenFile: s.tokenFile()}}
			names := []string{contexts.Local}
			for _, name := range slices.Sorted(maps.Keys(f.Contexts)) {
				c := f.Contexts[name]
				list = append(list, keptContext{Context: name, Current: f.Current == name, URL: c.URL, Token: tokenKind(c), TokenFile: c.TokenFile, CA: c.CA})
				names = append(names, name)
			}
			raw, err := json.Marshal(list)
			if err != nil {
				return err
			}
			return s.show(raw, func() string { return s.contextTable(list) }, names...)
		},
	})
}

func tokenKind(c contexts.Context) string {
	switch {
	case c.TokenFile != "":
		return "file"
	case c.Token != "":
		return "kept"
	default:
		return "none"
	}
}

func (s *Shell) contextTable(list []keptContext) string {
	type one = keptContext
	current := func(c one) string {
		if c.Current {
			return "*"
		}
		return ""
	}
	return listing[one]{columns: []column[one]{
		{heading: "CONTEXT", cell: func(c one) string { return c.Context }},
		{heading: "IN USE", cell: current},
		{heading: "URL", cell: func(c one) string { return c.URL }},
		{heading: "TOKEN", cell: func(c one) string { return c.Token }},
		{heading: "TOKEN FILE", cell: func(c one) string { return c.TokenFile }, wide: true},
		{heading: "CA", cell: func(c one) string { return c.CA }},
	}}.text(s, list)
}
