package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/pkg/nearest"

	"github.com/spf13/cobra"
)

// looking is how long an error waits at most for the name that may have been meant.
const looking = 2 * time.Second

// ofMachines are commands about what machines gave an id: one that is written nearly so has nothing to do with it.
var ofMachines = []string{"dead-letters", "operations", "token"}

// nearName is the name that a person may have meant by one that is not there: what Tab would have offered for it, or the
// entity or container that goes by a part of its name, or by what the Engine calls it.
func (s *Shell) nearName(ctx context.Context, c *cobra.Command, err error) string {
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusNotFound || len(c.Flags().Args()) == 0 {
		return ""
	}
	path := strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
	of, ok := s.completed()[path]
	if !ok || slices.Contains(ofMachines, strings.Fields(path)[0]) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	given, _, _ := strings.Cut(c.Flags().Arg(0), "=") // of scale
	known, _ := of(ctx, given)
	for i := range known {
		known[i] = strings.TrimSuffix(known[i], "/")
	}
	if near := nearest.Word(given, known); near != "" && near != given {
		return near
	}
	return s.partOfName(ctx, given)
}

// partOfName is the one entity or container that a name without an application may mean.
func (s *Shell) partOfName(ctx context.Context, given string) string {
	found := map[string]bool{}
	for _, name := range page(ctx, s, client.Path("containers"), nil, s.containerList().name) {
		t, err := parseTarget(name)
		entity := t.app + "/" + t.entity
		switch {
		case err != nil:
		case given == t.entity, given == t.app+"-"+t.entity:
			found[entity] = true
		case given == t.entity+"/"+t.number(), strings.HasPrefix(given, "clk-"+strings.ReplaceAll(name, "/", "-")+"-g"):
			found[name] = true
		}
	}
	if len(found) != 1 {
		return ""
	}
	for name := range found {
		return name
	}
	return ""
}
