package cli

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

// logsOptions say what of the output is wanted.
type logsOptions struct {
	follow, timestamps bool
	tail               int
	since              string
}

const logsLong = `Shows what containers print. One container's output comes as it is. Of an application or an entity it is merged, in
order of time as far as it comes in time, each line after the name of its container; with -f it goes on with containers
that come, or are made anew. With -o json it is lines of JSON.`

func (s *Shell) logs() *cobra.Command {
	var o logsOptions
	c := formatted(&cobra.Command{
		Use: "logs APP[/ENTITY[/N]]", Short: "Show what containers print", Long: logsLong, Args: exactly("APP[/ENTITY[/N]]"),
		Example: "  clocker logs shop -f --since 10m\n  clocker logs shop/web --tail 20 --timestamps\n  clocker logs shop/web/0",
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0])
			if err != nil {
				return err
			}
			if o.tail < 0 {
				return &usageError{"--tail is a number of lines, 0 for all"}
			}
			return s.printLogs(c, t, o)
		},
	}, outputTable, outputJSON)
	c.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on with what they print")
	c.Flags().IntVar(&o.tail, "tail", 0, "only the last lines of each; 0 is all")
	c.Flags().StringVar(&o.since, "since", "", "from a time on, such as 2026-01-02T15:04:05Z, or how long ago, such as 10m")
	c.Flags().BoolVar(&o.timestamps, "timestamps", false, "with the time of each line")
	return c
}

func (s *Shell) printLogs(c *cobra.Command, t target, o logsOptions) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	merged := t.ordinal < 0 || o.timestamps
	r := logsRequest(t, o)
	switch {
	case merged:
		r = mergedRequest(t, o)
	case s.json():
		r.Accept = "application/x-ndjson"
	}
	res, err := api.Do(c.Context(), r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if merged && !s.json() {
		err = s.printMerged(res.Body, t, o.timestamps)
	} else {
		_, err = io.Copy(s.Out, res.Body)
	}
	if c.Context().Err() != nil {
		return nil // Ctrl-C is how following ends
	}
	if err != nil {
		return &client.Broken{Err: err}
	}
	return nil
}

func (o logsOptions) query() url.Values {
	q := url.Values{"follow": {strconv.FormatBool(o.follow)}}
	if o.tail > 0 {
		q.Set("tail", strconv.Itoa(o.tail))
	}
	if o.since != "" {
		q.Set("since", o.since)
	}
	return q
}

func logsRequest(t target, o logsOptions) client.Request {
	return client.Request{Method: http.MethodGet, Path: client.Path("containers", t.app, t.entity, t.number(), "logs"),
		Query: o.query(), Accept: "text/plain"}
}
