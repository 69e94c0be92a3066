package cli

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

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
that come, or are made anew, until Ctrl-C. At most 64 containers are read at a time, and those left out are named.
With -o json it is lines of JSON.`

func (s *Shell) logs() *cobra.Command {
	var o logsOptions
	c := formatted(&cobra.Command{
		Use: "logs APP[/ENTITY[/N]]", Short: "Show what containers print", Long: logsLong, Args: exactly("APP[/ENTITY[/N]]"),
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
	c.Flags().IntVarP(&o.tail, "tail", "n", 0, "only the last lines of each; 0 is all")
	c.Flags().StringVar(&o.since, "since", "", "from a time on, such as 2026-01-02T15:04:05Z, or how long ago, such as 10m")
	c.Flags().BoolVarP(&o.timestamps, "timestamps", "t", false, "with the time of each line")
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
	seen := s.seenFrom(res)
	body := &counted{Reader: res.Body}
	if merged && !s.json() {
		err = s.printMerged(body, t, o.timestamps, seen)
	} else {
		_, err = io.Copy(s.Out, body)
	}
	interrupted := c.Context().Err() != nil
	switch {
	case body.n == 0 && err == nil && !interrupted:
		s.say("%s has printed nothing%s", t, since(o))
	case !o.follow || !s.ErrTerminal:
	case interrupted || err != nil:
		s.say("the next lines are had with: %s", s.followOn(t, o, seen))
	default:
		s.say("%s prints no more", t)
	}
	if interrupted {
		return nil // Ctrl-C is how following ends
	}
	var unwritten *fs.PathError
	if err == nil || errors.As(err, &unwritten) {
		return err
	}
	return &client.Broken{Err: err}
}

// counted is a reader that knows how much was read.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func since(o logsOptions) string {
	if o.since == "" {
		return ""
	}
	return " since " + o.since
}

// seen is how far a reader has come: behind the last line with a time, else as far as the API's clock has.
type seen struct {
	last           time.Time
	begun, answers time.Time // one moment, by the clock here and by that of the API
}

func (s *Shell) seenFrom(res *http.Response) *seen {
	n := &seen{begun: s.Now()}
	var err error
	if n.answers, err = http.ParseTime(res.Header.Get("Date")); err != nil {
		n.answers = n.begun
	}
	return n
}

// followOn is the command that goes on where this one ended.
func (s *Shell) followOn(t target, o logsOptions, n *seen) string {
	since := n.last.Add(1)
	if n.last.IsZero() {
		since = n.answers.Add(s.Now().Sub(n.begun)).Truncate(time.Second) // a line twice is better than one never
	}
	command := "clocker logs " + t.String() + " -f --since " + since.UTC().Format(time.RFC3339Nano)
	if o.timestamps {
		command += " --timestamps"
	}
	return command
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

// logsRequest is answered when the container prints, which may be never.
func logsRequest(t target, o logsOptions) client.Request {
	return client.Request{Method: http.MethodGet, Path: client.Path("containers", t.app, t.entity, t.number(), "logs"),
		Query: o.query(), Accept: "text/plain", Stream: true}
}
