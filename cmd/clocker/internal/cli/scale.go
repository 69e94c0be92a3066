package cli

import (
	"encoding/json"
	"net/http"
	"strings"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

// oneScale takes APP/ENTITY=N, and says how APP/ENTITY N is written.
func oneScale(c *cobra.Command, args []string) error {
	if len(args) == 2 {
		if joined := args[0] + "=" + args[1]; !strings.Contains(args[0], "=") {
			if _, _, err := parseScale(joined); err == nil {
				return &usageError{"the size is part of the argument: " + c.CommandPath() + " " + joined}
			}
		}
	}
	return exactly("APP/ENTITY=N")(c, args)
}

func (s *Shell) scale() *cobra.Command {
	var w waiting
	c := named(&cobra.Command{
		Use: "scale APP/ENTITY=N", Short: "Change the number of members of an entity", Args: oneScale,
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
