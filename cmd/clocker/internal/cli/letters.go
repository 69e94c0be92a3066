package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

const lettersLong = `A dead letter is an event that a service cannot handle and has set aside, so that others pass. The service
tries it again by itself when it starts, now and then, and when a container waits for it.

Each is named by its service and the number of its event: policy/123.`

func (s *Shell) deadLetters() *cobra.Command {
	c := &cobra.Command{Use: "dead-letters", Aliases: []string{"dead-letter"}, Short: "Look after events that a service cannot handle",
		Long: lettersLong, Args: subcommands, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(s.letterList(), s.letterShow(), s.letterRetry(), s.letterDrop())
	return c
}

// letterPath reads policy/123.
func letterPath(text string, more ...string) (string, error) {
	consumer, number, ok := strings.Cut(text, "/")
	if n, err := strconv.ParseInt(number, 10, 64); !ok || consumer == "" || err != nil || n < 1 {
		return "", &usageError{fmt.Sprintf("%q names no dead letter: write SERVICE/NUMBER, such as policy/123", text)}
	}
	return client.Path(append([]string{"dead-letters", consumer, number}, more...)...), nil
}

// letterFilter is what ls and retry --all may be narrowed to.
type letterFilter struct{ consumer, topic, application string }

func (f *letterFilter) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.consumer, "consumer", "", "only those of this service")
	c.Flags().StringVar(&f.topic, "type", "", "only events of this type, such as container.placed")
	c.Flags().StringVar(&f.application, "application", "", "only events about this application")
}

// fields are the names and values that the API takes.
func (f *letterFilter) fields() (map[string]string, error) {
	out := map[string]string{}
	for name, value := range map[string]string{"consumer": f.consumer, "type": f.topic, "application": f.application} {
		if value != "" {
			out[name] = value
		}
	}
	if f.topic == "" {
		return out, nil
	}
	_, err := fullTypes([]string{f.topic})
	return out, err
}

func (s *Shell) letterList() *cobra.Command {
	var f letterFilter
	c := named(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List dead letters", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			fields, err := f.fields()
			if err != nil {
				return err
			}
			query := url.Values{}
			for name, value := range fields {
				query.Set(name, value)
			}
			return list(s, c, client.Path("dead-letters"), query, s.letterListing())
		},
	})
	f.flags(c)
	return c
}

func (s *Shell) letterListing() listing[client.DeadLetter] {
	type one = client.DeadLetter
	return listing[one]{
		name: letterName,
		columns: []column[one]{
			{heading: "LETTER", cell: letterName},
			{heading: "EVENT", cell: func(l one) string { return l.Topic }},
			{heading: "ABOUT", cell: func(l one) string { return l.About }},
			{heading: "ATTEMPTS", cell: func(l one) string { return strconv.Itoa(l.Attempts) }},
			{heading: "AGE", cell: func(l one) string { return render.Age(s.Now(), &l.FailedAt) }},
			{heading: "TRIED", cell: func(l one) string { return moment(&l.TriedAt) }, wide: true},
			{heading: "NEXT", cell: func(l one) string { return moment(&l.RetryAt) }, wide: true},
			{heading: "REASON", cell: func(l one) string { return firstLine(l.Reason) }},
		},
	}
}

func letterName(l client.DeadLetter) string {
	return l.Consumer + "/" + strconv.FormatInt(l.Number, 10)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (s *Shell) letterShow() *cobra.Command {
	return named(&cobra.Command{
		Use: "show SERVICE/NUMBER", Short: "Show a dead letter with its event", Args: exactly("SERVICE/NUMBER"),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := letterPath(args[0])
			if err != nil {
				return err
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			l, err := client.Get[client.DeadLetterDetail](c.Context(), api, path, nil)
			if err != nil {
				return err
			}
			return s.show(l.Raw, func() string { return s.letterText(l.Value) }, letterName(l.Value.DeadLetter))
		},
	})
}

func (s *Shell) letterText(l client.DeadLetterDetail) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s\n", letterName(l.DeadLetter), l.Topic, l.About)
	line := func(name, text string) {
		fmt.Fprintf(&b, "  %-10s %s\n", name, strings.ReplaceAll(text, "\n", "\n             "))
	}
	line("reason", l.Reason)
	line("attempts", fmt.Sprintf("%d, the first %s ago, the last %s ago", l.Attempts, render.Age(s.Now(), &l.FailedAt), render.Age(s.Now(), &l.TriedAt)))
	line("next", "by itself at "+l.RetryAt.Format(time.RFC3339))
	switch {
	case l.Event == nil:
		line("event", "the log no longer has it")
	case l.Event.DataBase64 != nil:
		line("event", fmt.Sprintf("%s, which is no JSON: %q", l.Event.Time.Format(time.RFC3339), l.Event.DataBase64))
	default:
		var data bytes.Buffer
		if json.Indent(&data, l.Event.Data, "", "  ") != nil {
			data.Reset()
			data.Write(l.Event.Data)
		}
		line("event", l.Event.Time.Format(time.RFC3339)+"\n"+data.String())
	}
	if l.Stack != "" {
		line("panic at", strings.TrimSpace(l.Stack))
	}
	return b.String()
}

func (s *Shell) letterRetry() *cobra.Command {
	var f letterFilter
	var all bool
	c := &cobra.Command{
		Use: "retry SERVICE/NUMBER... | --all", Short: "Have dead letters handled once more",
		Long: "Has dead letters handled once more, after what stood in the way was mended. The service does it at once; one that\n" +
			"fails again stays, with its new reason.",
		RunE: func(c *cobra.Command, args []string) error {
			fields, err := f.fields()
			switch {
			case err != nil:
				return err
			case all && len(args) > 0:
				return &usageError{"name dead letters or use --all, not both"}
			case all:
				return s.retryAll(c, fields)
			case len(fields) > 0:
				return &usageError{"--consumer, --type and --application narrow --all"}
			}
			return s.eachLetter(c, args, http.MethodPost, "handled", "retry")
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all of them")
	f.flags(c)
	return c
}

func (s *Shell) letterDrop() *cobra.Command {
	return &cobra.Command{
		Use: "drop SERVICE/NUMBER...", Short: "Give dead letters up for good",
		Long: "Gives dead letters up for good: the service will never handle these events. They stay in the log, with who dropped them.",
		RunE: func(c *cobra.Command, args []string) error {
			return s.eachLetter(c, args, http.MethodDelete, "dropped")
		},
	}
}

// eachLetter settles the named letters one by one; those that cannot be do not stop the others.
func (s *Shell) eachLetter(c *cobra.Command, names []string, method, done string, more ...string) error {
	if len(names) == 0 {
		return &usageError{"SERVICE/NUMBER is missing: " + c.UseLine()}
	}
	paths := make([]string, len(names))
	for i, name := range names {
		var err error
		if paths[i], err = letterPath(name, more...); err != nil {
			return err
		}
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	var raw []json.RawMessage
	var failed []error
	for i, path := range paths {
		d, err := client.Call[json.RawMessage](c.Context(), api, client.Request{Method: method, Path: path})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		raw = append(raw, d.Raw)
		s.say("dead letter %s is %s", names[i], done)
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	if err := s.show(text, func() string { return "" }); err != nil {
		return err
	}
	return errors.Join(failed...)
}

func (s *Shell) retryAll(c *cobra.Command, fields map[string]string) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	r, err := client.Call[client.SettledAll](c.Context(), api, client.Request{Method: http.MethodPost, Path: client.Path("dead-letters", "retry"),
		Body: body, ContentType: "application/json"})
	if err != nil {
		return err
	}
	if err := s.show(r.Raw, func() string { return settledText(r.Value) }); err != nil {
		return err
	}
	if len(r.Value.Failed) > 0 || r.Value.Left > 0 {
		return fmt.Errorf("%d dead letters are left", len(r.Value.Failed)+r.Value.Left)
	}
	return nil
}

func settledText(a client.SettledAll) string {
	var b strings.Builder
	fmt.Fprintf(&b, "handled %d, failed again %d", a.Retried, len(a.Failed))
	if a.Left > 0 {
		fmt.Fprintf(&b, ", not tried %d: run it again", a.Left)
	}
	b.WriteString("\n")
	for _, l := range a.Failed {
		fmt.Fprintf(&b, "  %s/%d  %s\n", l.Consumer, l.Number, firstLine(l.Reason))
	}
	return b.String()
}
