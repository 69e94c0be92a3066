package cli

import (
	"net/http"
	"net/url"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) restart() *cobra.Command {
	var w waiting
	c := named(&cobra.Command{
		Use: "restart APP[/ENTITY[/N]]", Short: "Make containers anew; they keep address, name and volumes",
		Args: exactly("APP[/ENTITY[/N]]"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0])
			if err != nil {
				return err
			}
			return s.ask(c.Context(), w, t, restartRequest(t))
		},
	})
	w.flags(c)
	return c
}

func restartRequest(t target) client.Request {
	r := client.Request{Method: http.MethodPost, Path: client.Path("applications", t.app, "restart")}
	if t.entity != "" {
		r.Path = client.Path("applications", t.app, "entities", t.entity, "restart")
	}
	if t.ordinal >= 0 {
		r.Query = url.Values{"ordinal": {t.number()}}
	}
	return r
}
