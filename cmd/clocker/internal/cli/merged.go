package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
)

// longestLine bounds a line of merged output, in bytes.
const longestLine = 2 << 20

// mergedLine is a line of output of one of several containers.
type mergedLine struct {
	Container string     `json:"container"`
	Time      *time.Time `json:"time"`
	Stream    string     `json:"stream"`
	Data      string     `json:"data"`
	Error     string     `json:"error"`
}

// mergedRequest asks for the output of an application, an entity or one member with its times.
func mergedRequest(t target, o logsOptions) client.Request {
	r := client.Request{Method: http.MethodGet, Path: client.Path("applications", t.app, "logs"), Query: o.query(), Accept: "application/x-ndjson"}
	if t.entity != "" {
		r.Path = client.Path("applications", t.app, "entities", t.entity, "logs")
	}
	if t.ordinal >= 0 {
		r.Query.Set("ordinal", t.number())
	}
	return r
}

// printMerged writes lines as they come, each after the name of its container unless there is but one, and notes how far
// they have come.
func (s *Shell) printMerged(body io.Reader, t target, timestamps bool, n *seen) error {
	p, width := s.outPaint(), 0
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 64<<10), longestLine)
	for lines.Scan() {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		var l mergedLine
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("read a line of output: %w", err)
		}
		if l.Error != "" {
			s.say("%s %s: %s", s.errPaint().Bad("clocker:"), l.Container, l.Error)
			continue
		}
		before := ""
		if t.ordinal < 0 {
			width = max(width, len(l.Container))
			before = p.Name(nameColour(l.Container), fmt.Sprintf("%-*s |", width, l.Container)) + " "
		}
		if timestamps && l.Time != nil {
			before += p.Dim(l.Time.Format(time.RFC3339Nano)) + " "
		}
		if _, err := fmt.Fprintln(s.Out, before+l.Data); err != nil {
			return err
		}
		if l.Time != nil && l.Time.After(n.last) {
			n.last = *l.Time
		}
	}
	return lines.Err()
}

// nameColour is the same for a container each time.
func nameColour(container string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, container) // a hash takes everything
	return int(h.Sum32() % render.NameColours)
}
