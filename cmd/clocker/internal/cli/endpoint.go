package cli

import (
	"cmp"
	"path/filepath"

	"clocker.io/cmd/clocker/internal/contexts"
)

// endpoint is an API, and how it is asked.
type endpoint struct {
	url       string
	token     string
	tokenFrom string // in words
	ca        string // file; empty for those that this machine trusts
	context   string // whose address it is; empty for none
}

// endpoint is the API that this command line means. Flags come before the environment, that before the context in use,
// and last comes the installation on this machine. An address that is named has nothing of a context: its token is for
// its own address alone.
func (s *Shell) endpoint() (endpoint, error) {
	if s.url != "" && s.context != "" {
		return endpoint{}, &usageError{"--url and --ctx name two installations"}
	}
	base, name := s.url, s.context
	switch {
	case base != "" || name != "":
	case s.Env("CLOCKER_URL") != "":
		base = s.Env("CLOCKER_URL")
	case s.Env("CLOCKER_CONTEXT") != "":
		name = s.Env("CLOCKER_CONTEXT")
	case s.Env("CLOCKER_DATA") != "": // which names an installation on this machine
		name = contexts.Local
	}
	if base != "" || name == contexts.Local { // which a file of contexts that is damaged does not hinder
		return s.addressed(cmp.Or(base, s.localURL()))
	}
	file, err := contexts.Load(s.contextFile())
	if err != nil {
		return endpoint{}, err
	}
	if name = cmp.Or(name, file.Current, contexts.Local); name == contexts.Local {
		return s.addressed(s.localURL())
	}
	c, err := file.Get(name)
	if err != nil {
		return endpoint{}, err
	}
	return s.inContext(name, c)
}

// addressed is the API at an address.
func (s *Shell) addressed(base string) (endpoint, error) {
	e := endpoint{url: base, token: s.Env("CLOCKER_TOKEN"), tokenFrom: "$CLOCKER_TOKEN", ca: cmp.Or(s.ca, s.Env("CLOCKER_CA"))}
	u, err := parseURL(base)
	if err != nil {
		return e, err
	}
	if e.token == "" {
		e.tokenFrom = "$CLOCKER_TOKEN, which is not set"
		if onThisMachine(u) {
			e.tokenFrom = s.tokenFile() + ", as $CLOCKER_TOKEN is not set"
		}
		if e.token, err = s.localToken(u); err != nil {
			return e, err
		}
	}
	if e.ca == "" {
		e.ca = s.localAuthority(u)
	}
	return e, nil
}

// inContext is the API of a context. What the context says counts before the environment when a flag named it, else
// after it.
func (s *Shell) inContext(name string, c contexts.Context) (endpoint, error) {
	e := endpoint{url: c.URL, context: name, token: s.Env("CLOCKER_TOKEN"), tokenFrom: "$CLOCKER_TOKEN", ca: cmp.Or(s.ca, s.Env("CLOCKER_CA"), c.CA)}
	has := c.Token != "" || c.TokenFile != ""
	if s.context != "" {
		e.ca = cmp.Or(s.ca, c.CA, s.Env("CLOCKER_CA"))
	}
	if e.token == "" || (s.context != "" && has) {
		var err error
		if e.token, err = c.Secret(); err != nil {
			return e, err
		}
		e.tokenFrom = "context " + name
		if !has {
			e.tokenFrom += ", which has none"
		}
	}
	return e, nil
}

// contextFile is where contexts are kept.
func (s *Shell) contextFile() string {
	dir := s.Env("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(s.Env("HOME"), ".config")
	}
	return filepath.Join(dir, "clocker", "contexts.json")
}
