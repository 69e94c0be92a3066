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
	var types []string
	c := &cobra.Command{
		Use: "events", Short: "Show what happened, and with -f what happens", Args: exactly(),
		Long: `Shows events in order, from the oldest that is kept, or with --from from a number on. With -f it goes on with
what happens; -f without --from starts now. A connection that breaks is made again where it was, without a gap.
With -o json each event is one line of JSON (CloudEvents).`,
		RunE: func(c *cobra.Command, _ []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			if c.Flags().Changed("from") {
				if from < 1 {
					return &usageError{"--from is the number of an event, from 1"}
				}
				after := from - 1
				q.After = &after
			}
			q.Oldest, q.Type = !q.Follow, fullTypes(types)
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
	c.Flags().StringVar(&q.Host, "host", "", "only of this host")
	c.Flags().StringSliceVar(&types, "type", nil, "only of these types, such as container.healthy,container.failed")
	return c
}

// fullTypes lets a person write topics for types.
func fullTypes(words []string) string {
	for i, t := range words {
		if !strings.HasPrefix(t, "io.clocker.") {
			words[i] = events.Type(t)
		}
	}
	return strings.Join(words, ",")
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
	topic, about, happened := told(e)
	return fmt.Sprintf("%s %-22s %s  %s", p.Dim(fmt.Sprintf("%6d %s", e.Sequence, e.Time.In(zone).Format(time.TimeOnly))), topic,
		about, happened)
}

// told is an event in words: its topic, and what happened to whom.
func told(e client.Event) (topic, about, happened string) {
	topic, ok := events.TopicOf(e.Type)
	if !ok {
		topic = e.Type
	}
	fact, err := e.Fact()
	if err != nil {
		return topic, e.Subject, ""
	}
	about, happened = render.Words(fact)
	return topic, about, happened
}
