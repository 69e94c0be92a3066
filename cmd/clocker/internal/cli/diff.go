package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

const diffLong = `Says what differs between a blueprint and the application of its id that runs: entities that come, go or change, field
by field, and how many containers there would be. One that is being deleted is nothing to compare with. Values of the environment, command lines and Dockerfiles may hold secrets:
they are named and not shown. Sizes are compared with those of now, after clocker scale.

With --exit-code it ends with 8 when something differs, and with 0 when nothing does.`

func (s *Shell) diff() *cobra.Command {
	d := deployment{dryRun: true}
	var asCode bool
	c := named(&cobra.Command{
		Use: "diff FILE|-", Short: "Say what a blueprint would change", Args: exactly("FILE"), Long: diffLong,
		RunE: func(c *cobra.Command, args []string) error {
			d.file = args[0]
			differs, err := s.runDiff(c, d)
			if err == nil && differs && asCode {
				return errDiffers
			}
			return err
		},
	})
	c.Flags().StringVar(&d.context, "context", "", "directory that the blueprint's Dockerfiles build from")
	c.Flags().BoolVar(&d.tolerant, "tolerant", false, "warn of unknown keys and pass over them")
	c.Flags().BoolVar(&asCode, "exit-code", false, "end with 8 when something differs")
	return c
}

func (s *Shell) runDiff(c *cobra.Command, d deployment) (differs bool, err error) {
	api, err := s.api()
	if err != nil {
		return false, err
	}
	text, err := s.read(c.Context(), d.file)
	if err != nil {
		return false, err
	}
	r, err := s.deployRequest(d, text)
	if err != nil {
		return false, err
	}
	plan, err := client.Call[client.Plan](c.Context(), api, r)
	if err != nil {
		return false, placed(err, d.file, text)
	}
	s.warn(d.file, text, plan.Value.Warnings)
	var changes client.Changes
	if err := json.Unmarshal(plan.Value.Changes, &changes); err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	app := plan.Value.Application
	differs = !changes.Deployed || len(changes.Fields)+len(changes.Entities) > 0
	if !differs {
		s.say("%s", asItSays(app, fileName(d.file), changes))
	}
	names := []string{}
	for _, e := range changes.Entities {
		names = append(names, app+"/"+e.Entity)
	}
	return differs, s.show(plan.Value.Changes, func() string { return diffText(app, changes, s.outPaint()) }, names...)
}

// asItSays is for an application that differs in nothing: whether it runs is another matter.
func asItSays(app, file string, c client.Changes) string {
	if c.State == stateRunning {
		return fmt.Sprintf("%s runs as %s says", app, file)
	}
	text := fmt.Sprintf("%s is deployed as %s says", app, file)
	if c.State != "" {
		text += fmt.Sprintf(", and is %s%s", c.State, colon(c.Reason))
	}
	return text
}

// The states of an application that mean more than a word in a table.
const (
	stateRunning  = "running"
	stateStopping = "stopping"
)

func diffText(app string, c client.Changes, p render.Paint) string {
	if c.Deployed && len(c.Fields)+len(c.Entities) == 0 {
		return ""
	}
	var b strings.Builder
	switch {
	case c.State == stateStopping:
		fmt.Fprintf(&b, "%s is being deleted; once it is gone, this would be new\n", p.Strong(app))
	case !c.Deployed:
		fmt.Fprintf(&b, "%s is not deployed; it would be new\n", p.Strong(app))
	case len(c.Fields) > 0:
		fmt.Fprintf(&b, "%s %s\n", sign("changed", p), p.Strong(app))
	}
	fieldLines(&b, c.Fields)
	for _, e := range c.Entities {
		fmt.Fprintf(&b, "%s %s  %s\n", sign(e.Change, p), p.Strong(app+"/"+e.Entity), e.Change)
		fieldLines(&b, e.Fields)
	}
	fmt.Fprintf(&b, "containers: %d, then %d\n", c.Containers.Before, c.Containers.After)
	if c.Refusal != "" {
		fmt.Fprintf(&b, "deploy would refuse it: %s\n", c.Refusal)
	}
	return b.String()
}

// sign is what patches have in front of a line.
func sign(change string, p render.Paint) string {
	switch change {
	case "added":
		return p.Good("+")
	case "removed":
		return p.Bad("-")
	default:
		return p.Warn("~")
	}
}

func fieldLines(b *strings.Builder, fields []client.ChangedField) {
	longest := 0
	for _, f := range fields {
		longest = max(longest, len(f.Field))
	}
	for _, f := range fields {
		text := cmp.Or(f.Before, f.After)
		switch {
		case f.Before != "" && f.After != "":
			text = f.Before + " → " + f.After
		case text == "": // it may be a secret
			text = "(" + f.Change + ")"
		case f.Change == "removed":
			text += " (removed)"
		}
		fmt.Fprintf(b, "    %-*s  %s\n", longest, f.Field, text)
	}
}
