package cli

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) delete() *cobra.Command {
	var w waiting
	var yes bool
	c := named(&cobra.Command{
		Use: "delete APP", Aliases: []string{"rm"}, Short: "Remove an application with its containers and volumes", Args: exactly("APP"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0])
			if err != nil {
				return err
			}
			if t.entity != "" {
				return &usageError{fmt.Sprintf("only a whole application can be deleted; to remove members: clocker scale %s/%s=N",
					t.app, t.entity)}
			}
			if !yes && s.ErrTerminal { // nobody is asked about what is not there
				if err := s.mustExist(c.Context(), t); err != nil {
					return err
				}
			}
			if !yes && !s.confirmed(c.Context(), t) {
				if c.Context().Err() != nil {
					s.say("\n%s was not deleted", t.app)
					return c.Context().Err()
				}
				return &usageError{fmt.Sprintf("%s was not deleted; -y deletes it without a question", t.app)}
			}
			return s.ask(c.Context(), w, t, client.Request{Method: http.MethodDelete, Path: client.Path("applications", t.app)})
		},
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	w.flags(c)
	return c
}

func (s *Shell) mustExist(ctx context.Context, t target) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	_, err = client.Get[client.Application](ctx, api, client.Path("applications", t.app), nil)
	return err
}

// confirmed asks a person; without a terminal nobody can answer, and the answer is no.
func (s *Shell) confirmed(ctx context.Context, t target) bool {
	if !s.ErrTerminal {
		return false
	}
	fmt.Fprintf(s.Err, "Delete %s with all its containers and volumes? [y/N] ", t.app)
	answer, err := bufio.NewReader(s.stdin(ctx)).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes")
}
