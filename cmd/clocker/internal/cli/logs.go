package cli

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) logs() *cobra.Command {
	var follow bool
	var tail int
	c := formatted(&cobra.Command{
		Use: "logs APP/ENTITY/N", Short: "Show what a container prints",
		Long: "Shows a container's output as it is; with -o json as lines of JSON that tell stdout from stderr.", Args: exactly("APP/ENTITY/N"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseContainer(args[0])
			if err != nil {
				return err
			}
			if tail < 0 {
				return &usageError{"--tail is a number of lines, 0 for all"}
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			r := logsRequest(t, follow, tail)
			if s.json() {
				r.Accept = "application/x-ndjson"
			}
			res, err := api.Do(c.Context(), r)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.Copy(s.Out, res.Body)
			if c.Context().Err() != nil {
				return nil // Ctrl-C is how following ends
			}
			if err != nil {
				return &client.Broken{Err: err}
			}
			return nil
		},
	}, outputTable, outputJSON)
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what it prints")
	c.Flags().IntVar(&tail, "tail", 0, "only the last lines; 0 is all")
	return c
}

func logsRequest(t target, follow bool, tail int) client.Request {
	q := url.Values{"follow": {strconv.FormatBool(follow)}}
	if tail > 0 {
		q.Set("tail", strconv.Itoa(tail))
	}
	return client.Request{Method: http.MethodGet, Path: client.Path("containers", t.app, t.entity, t.number(), "logs"),
		Query: q, Accept: "text/plain"}
}
