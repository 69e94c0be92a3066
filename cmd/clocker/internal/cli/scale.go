package cli

import (
	"encoding/json"
	"net/http"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) scale() *cobra.Command {
	var w waiting
	c := named(&cobra.Command{
		Use: "scale APP/ENTITY=N", Short: "Change the number of members of an entity", Args: exactly("APP/ENTITY=N"),
		RunE: func(c *cobra.Command, args []string) error {
			t, size, err := parseScale(args[0])
			if err != nil {
				return err
			}
			body, err := json.Marshal(map[string]int{"size": size})
			if err != nil {
				return err
			}
			return s.ask(c.Context(), w, t, client.Request{Method: http.MethodPost, Body: body, ContentType: "application/json",
				Path: client.Path("applications", t.app, "entities", t.entity, "resize")})
		},
	})
	w.flags(c)
	return c
}
