package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/events"

	"github.com/spf13/cobra"
)

func (s *Shell) operations() *cobra.Command {
	var application, kind, state string
	run := func(c *cobra.Command, _ []string) error {
		query := url.Values{}
		for name, value := range map[string]string{"application": application, "kind": kind, "state": state} {
			if value != "" {
				query.Set(name, value)
			}
		}
		return list(s, c, client.Path("operations"), query, s.operationList())
	}
	flags := func(c *cobra.Command) *cobra.Command {
		c.Flags().StringVar(&application, "application", "", "only those of an application")
		c.Flags().StringVar(&kind, "kind", "", "only "+either(events.OperationKinds()))
		c.Flags().StringVar(&state, "state", "", "only "+either(events.OperationStates()))
		return named(c)
	}
	c := flags(&cobra.Command{Use: "operations", Aliases: []string{"operation", "ops"}, Short: "List what was asked for, by whom, and how it ended",
		Args: subcommands, RunE: run})
	c.AddCommand(flags(&cobra.Command{Use: "ls", Aliases: []string{"list"}, Short: "List operations, the newest first", Args: exactly(), RunE: run}),
		s.operationShow(), s.operationCancel())
	return c
}

func (s *Shell) operationList() listing[client.Operation] {
	type one = client.Operation
	took := func(o one) string {
		if o.FinishedAt == nil {
			return ""
		}
		return o.FinishedAt.Sub(o.RequestedAt).Round(100 * time.Millisecond).String()
	}
	return listing[one]{
		name: func(o one) string { return o.Operation },
		columns: []column[one]{
			{heading: "OPERATION", cell: func(o one) string { return o.Operation }},
			{heading: "KIND", cell: func(o one) string { return o.Kind }},
			{heading: "TARGET", cell: func(o one) string { return o.Target }},
			{heading: "STATE", cell: func(o one) string { return o.State }, state: true},
			{heading: "ASKED BY", cell: func(o one) string { return o.RequestedBy }},
			{heading: "AGE", cell: func(o one) string { return render.Age(s.Now(), &o.RequestedAt) }},
			{heading: "TOOK", cell: took},
			{heading: "ASKED AT", cell: func(o one) string { return moment(&o.RequestedAt) }, wide: true},
			{heading: "PARAMS", cell: func(o one) string { return string(o.Params) }, wide: true},
			{heading: "REASON", cell: func(o one) string { return o.Reason }},
		},
	}
}

func (s *Shell) operationShow() *cobra.Command {
	return named(&cobra.Command{
		Use: "show OPERATION", Short: "Show one operation", Args: exactly("OPERATION"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := s.operation(c, args[0])
			if err != nil {
				return err
			}
			return s.show(o.Raw, func() string { return operationText(o.Value) }, args[0])
		},
	})
}

func (s *Shell) operation(c *cobra.Command, id string) (o client.Doc[client.Operation], err error) {
	api, err := s.api()
	if err != nil {
		return o, err
	}
	return client.Get[client.Operation](c.Context(), api, client.Path("operations", id), nil)
}

func operationText(o client.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s of %s: %s\n", o.Operation, o.Kind, o.Target, o.State)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", name, value)
		}
	}
	line("reason", o.Reason)
	line("asked by", o.RequestedBy)
	line("asked at", o.RequestedAt.Format(time.RFC3339))
	if o.FinishedAt != nil {
		line("ended at", o.FinishedAt.Format(time.RFC3339))
	}
	line("params", string(o.Params))
	return b.String()
}

func (s *Shell) operationCancel() *cobra.Command {
	var w waiting
	c := named(&cobra.Command{
		Use: "cancel OPERATION", Short: "Take a deploy back, or stop a resize where it is", Args: exactly("OPERATION"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := s.operation(c, args[0])
			if err != nil {
				return err
			}
			return s.ask(c.Context(), w, target{app: o.Value.Application, ordinal: -1},
				client.Request{Method: http.MethodPost, Path: client.Path("operations", args[0], "cancel")})
		},
	})
	w.flags(c)
	return c
}
