package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) operations() *cobra.Command {
	var application, kind, state string
	list := func(c *cobra.Command, _ []string) error {
		query := url.Values{}
		for name, value := range map[string]string{"application": application, "kind": kind, "state": state} {
			if value != "" {
				query.Set(name, value)
			}
		}
		api, err := s.api()
		if err != nil {
			return err
		}
		found, err := client.List[client.Operation](c.Context(), api, client.Path("operations"), query)
		if err != nil {
			return err
		}
		return s.show(found.Raw, func() string { return s.operationTable(found.Value) })
	}
	flags := func(c *cobra.Command) *cobra.Command {
		c.Flags().StringVar(&application, "application", "", "only those of an application")
		c.Flags().StringVar(&kind, "kind", "", "only deploy, resize, restart, delete or cancel")
		c.Flags().StringVar(&state, "state", "", "only running, done, failed or cancelled")
		return c
	}
	c := flags(&cobra.Command{Use: "operations", Aliases: []string{"operation", "ops"}, Short: "List what was asked for, by whom, and how it ended",
		Args: exactly(), RunE: list})
	c.AddCommand(flags(&cobra.Command{Use: "ls", Aliases: []string{"list"}, Short: "List operations, the newest first", Args: exactly(), RunE: list}),
		s.operationShow(), s.operationCancel())
	return c
}

func (s *Shell) operationTable(list []client.Operation) string {
	var rows [][]string
	for _, o := range list {
		took := ""
		if o.FinishedAt != nil {
			took = o.FinishedAt.Sub(o.RequestedAt).Round(100 * time.Millisecond).String()
		}
		rows = append(rows, []string{o.Operation, o.Kind, o.Target, o.State, o.RequestedBy, render.Age(s.Now(), &o.RequestedAt), took, o.Reason})
	}
	return s.table(3, []string{"OPERATION", "KIND", "TARGET", "STATE", "ASKED BY", "AGE", "TOOK", "REASON"}, rows)
}

func (s *Shell) operationShow() *cobra.Command {
	return &cobra.Command{
		Use: "show OPERATION", Short: "Show one operation", Args: exactly("OPERATION"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := s.operation(c, args[0])
			if err != nil {
				return err
			}
			return s.show(o.Raw, func() string { return operationText(o.Value) })
		},
	}
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
	c := &cobra.Command{
		Use: "cancel OPERATION", Short: "Take a deploy back, or stop a resize where it is", Args: exactly("OPERATION"),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := s.operation(c, args[0])
			if err != nil {
				return err
			}
			return s.ask(c.Context(), w, target{app: o.Value.Application, ordinal: -1},
				client.Request{Method: http.MethodPost, Path: client.Path("operations", args[0], "cancel")})
		},
	}
	w.flags(c)
	return c
}
