package cli

import (
	"fmt"
	"slices"
	"strconv"
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
	c := named(&cobra.Command{
		Use: "events", Short: "Show what happened, and with -f what happens", Args: exactly(),
		Long: `Shows events in order, from the oldest that is kept, or with --from from a number on. With -f it goes on with
what happens; -f without --from starts now. A connection that breaks is made again where it was, without a gap.
With -o json each event is one line of JSON (CloudEvents), with -o yaml a document; -o name gives numbers, for clocker trace.`,
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
			q.Oldest = !q.Follow
			if q.Type, err = fullTypes(types); err != nil {
				return err
			}
			shown := false
			err = api.Events(c.Context(), q, nil, func(e client.Event) error {
				last := e.Sequence
				shown = true
				q.After = &last
				return s.printEvent(e)
			})
			if c.Context().Err() != nil { // Ctrl-C is how following ends
				if q.After != nil && s.ErrTerminal {
					s.say("the next ones are had with: clocker events -f --from %d", *q.After+1)
				}
				return nil
			}
			if err == nil && !shown {
				s.say("no event is like that")
			}
			return err
		},
	})
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what happens")
	c.Flags().Int64Var(&from, "from", 1, "number of the first event")
	c.Flags().StringVar(&q.Application, "application", "", "only of this application")
	setBy(c, "after", "from")
	c.Flags().StringVar(&q.Host, "host", "", "only of this host")
	c.Flags().StringSliceVar(&types, "type", nil, "only of these types, such as container.healthy,container.failed")
	return c
}

// fullTypes lets a person write topics for types. A type in full is left as it is: a newer Clocker may have it.
func fullTypes(words []string) (string, error) {
	var types []string
	for _, w := range words {
		if !strings.HasPrefix(w, "io.clocker.") {
			if !slices.ContainsFunc(events.All(), func(e events.Event) bool { return e.Topic() == w }) {
				return "", &usageError{unknownTopic(w)}
			}
			w = events.Type(w)
		}
		types = append(types, w)
	}
	return strings.Join(types, ","), nil
}

// unknownTopic names the topics of the same noun, else the nouns.
func unknownTopic(word string) string {
	noun, _, _ := strings.Cut(word, ".")
	var verbs, nouns []string
	for _, e := range events.All() {
		n, verb, _ := strings.Cut(e.Topic(), ".")
		nouns = append(nouns, n)
		if n == noun {
			verbs = append(verbs, verb)
		}
	}
	slices.Sort(nouns)
	if len(verbs) > 0 {
		return fmt.Sprintf("no event is called %q; those of %s: %s", word, noun, strings.Join(verbs, ", "))
	}
	return fmt.Sprintf("no event is called %q; they are called NOUN.VERB, such as container.healthy, and the nouns are %s", word,
		strings.Join(slices.Compact(nouns), ", "))
}

func (s *Shell) printEvent(e client.Event) error {
	line := ""
	switch s.output {
	case outputJSON:
		line = string(e.Raw)
	case outputYAML:
		if _, err := fmt.Fprintln(s.Out, "---"); err != nil {
			return err
		}
		return s.writeYAML(e.Raw)
	case outputName:
		line = strconv.FormatInt(e.Sequence, 10)
	case outputWide:
		line = eventLine(e, e.Time.UTC().Format(preciseTime), cause(e), s.outPaint())
	default:
		line = eventLine(e, e.Time.In(s.Now().Location()).Format(time.TimeOnly), "", s.outPaint())
	}
	_, err := fmt.Fprintln(s.Out, line)
	return err
}

const preciseTime = "2006-01-02T15:04:05.000Z"

func cause(e client.Event) string {
	if e.Cause == 0 {
		return "       "
	}
	return fmt.Sprintf(" <%-6d", e.Cause)
}

// eventLine is number, time, topic, and what happened to whom.
func eventLine(e client.Event, when, cause string, p render.Paint) string {
	topic, about, happened := told(e)
	return fmt.Sprintf("%s %-22s %s  %s", p.Dim(fmt.Sprintf("%6d%s %s", e.Sequence, cause, when)), topic, about, happened)
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
