package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) trace() *cobra.Command {
	return &cobra.Command{
		Use: "trace APP[/ENTITY[/N]]|EVENT", Short: "Show what led to what, as a tree with times", Args: exactly("APP[/ENTITY[/N]]|EVENT"),
		Long: `Shows the events of an application, entity or container with what led to them, or what led to one event and what
followed from it, under each event those that it caused. In front stand the time since the root of the tree and the
time since the cause.`,
		RunE: func(c *cobra.Command, args []string) error {
			q, err := traceQuery(args[0])
			if err != nil {
				return err
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			t, err := client.Get[client.Trace](c.Context(), api, client.Path("trace"), q)
			if err != nil {
				return err
			}
			if err := s.show(t.Raw, func() string { return s.traceText(t.Value) }); err != nil {
				return err
			}
			if !t.Value.Whole {
				s.say("there is more of it than is shown; trace a single container or event")
			}
			return nil
		},
	}
}

// traceQuery reads a number as that of an event, everything else as a target.
func traceQuery(text string) (url.Values, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return url.Values{"event": {text}}, nil
	}
	t, err := parseTarget(text)
	if err != nil {
		return nil, err
	}
	q := url.Values{"application": {t.app}}
	if t.entity != "" {
		q.Set("entity", t.entity)
	}
	if t.ordinal >= 0 {
		q.Set("ordinal", t.number())
	}
	return q, nil
}

func (s *Shell) traceText(t client.Trace) string {
	p := s.outPaint()
	links := make([]render.Link, len(t.Items))
	for i, e := range t.Items {
		topic, about, happened := told(e)
		links[i] = render.Link{Number: e.Sequence, Cause: e.Cause, Time: e.Time.In(s.Now().Location()),
			Text: strings.TrimRight(fmt.Sprintf("%s %s  %s", topic, about, happened), " ")}
	}
	return render.Chain(links, t.Pruned, p)
}
