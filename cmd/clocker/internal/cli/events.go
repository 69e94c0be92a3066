package cli

import (
	"fmt"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/events"

	"github.com/spf13/cobra"
)

func (s *Shell) events() *cobra.Command {
	var q client.EventQuery
	var from int64
	c := &cobra.Command{
		Use: "events", Short: "Show what happened, and with -f what happens", Args: exactly(),
		Long: `Shows events in order, from the first one, or with --from from a number on. With -f it goes on with what
happens; -f without --from starts now. With -o json each event is one line of JSON (CloudEvents).`,
		RunE: func(c *cobra.Command, _ []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			if c.Flags().Changed("from") {
				after := from - 1
				q.After = &after
			} else if !q.Follow {
				q.After = new(int64)
			}
			if q.Type != "" {
				q.Type = fullType(q.Type)
			}
			err = api.Events(c.Context(), q, nil, s.printEvent)
			if c.Context().Err() != nil {
				return nil // Ctrl-C is how following ends
			}
			return err
		},
	}
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what happens")
	c.Flags().Int64Var(&from, "from", 1, "number of the first event")
	c.Flags().StringVar(&q.Application, "application", "", "only of this application")
	c.Flags().StringVar(&q.Type, "type", "", "only of this type, such as container.healthy")
	return c
}

// fullType lets a person write a topic for a type.
func fullType(t string) string {
	if strings.HasPrefix(t, "io.clocker.") {
		return t
	}
	return events.Type(t)
}

func (s *Shell) printEvent(e client.Event) error {
	if s.json() {
		_, err := fmt.Fprintf(s.Out, "%s\n", e.Raw)
		return err
	}
	_, err := fmt.Fprintln(s.Out, eventLine(e, s.Now().Location(), s.outPaint()))
	return err
}

// eventLine is number, time of day in a zone, topic, and what happened to whom.
func eventLine(e client.Event, zone *time.Location, p render.Paint) string {
	topic, ok := events.TopicOf(e.Type)
	if !ok {
		topic = e.Type
	}
	about, happened := e.Subject, ""
	if fact, err := e.Fact(); err == nil {
		about, happened = render.Words(fact)
	}
	return fmt.Sprintf("%s %-22s %s  %s", p.Dim(fmt.Sprintf("%6d %s", e.Sequence, e.Time.In(zone).Format(time.TimeOnly))), topic,
		about, happened)
}
