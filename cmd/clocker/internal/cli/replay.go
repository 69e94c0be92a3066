package cli

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) auditReplay() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use: "replay", Short: "Rebuild from the log alone what is known of everything, and compare", Args: exactly(),
		Long: `Rebuilds from the log of events alone what Clocker knows of applications, containers, addresses, hosts, images and
operations; -o json shows all of it. With --check it is compared, in one state of the database, with what the services
have, and every difference is listed.`,
		RunE: func(c *cobra.Command, _ []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			r, err := client.Get[client.Replay](c.Context(), api, client.Path("audit", "replay"), url.Values{"check": {strconv.FormatBool(check)}})
			if err != nil {
				return err
			}
			if err := s.show(r.Raw, func() string { return s.replayText(r.Value) }); err != nil {
				return err
			}
			if r.Value.OK != nil && !*r.Value.OK {
				return errors.New("the services have something else than the log tells")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "compare with what the services have")
	return c
}

func (s *Shell) replayText(r client.Replay) string {
	if r.OK == nil {
		rows := [][]string{}
		for _, what := range slices.Sorted(maps.Keys(r.Rows)) {
			rows = append(rows, []string{what, strconv.Itoa(r.Rows[what])})
		}
		return s.table(-1, []string{"WHAT", "ROWS"}, rows)
	}
	total := 0
	for _, n := range r.Rows {
		total += n
	}
	from := fmt.Sprintf("%d events up to %d", r.Events, r.Through)
	if r.Waiting > 0 {
		from += fmt.Sprintf(" and %d without a number yet", r.Waiting)
	}
	var b strings.Builder
	if *r.OK {
		fmt.Fprintf(&b, "ok: %s tell of %d rows, as the services have them\n", from, total)
	} else {
		fmt.Fprintf(&b, "%d difference(s) between the log (%s) and the services\n", r.Count, from)
	}
	if r.Untold > 0 {
		fmt.Fprintf(&b, "not compared: %d row(s) that are older than the log is kept, up to %d\n", r.Untold, r.Pruned)
	}
	if r.Unknown > 0 {
		fmt.Fprintf(&b, "passed over: %d event(s) of a kind that this version does not know\n", r.Unknown)
	}
	if len(r.Differences) > 0 {
		rows := make([][]string, len(r.Differences))
		for i, d := range r.Differences {
			rows[i] = []string{d.Table, d.Key, d.Field, orNone(d.Log), orNone(d.View)}
		}
		b.WriteString(s.table(-1, []string{"WHAT", "WHICH", "FIELD", "LOG", "SERVICES"}, rows))
	}
	if more := r.Count - len(r.Differences); more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return b.String()
}

// orNone lets a value that is empty be seen.
func orNone(text string) string {
	if text == "" {
		return `""`
	}
	return text
}
