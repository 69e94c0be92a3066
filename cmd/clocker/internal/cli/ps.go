package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) ps() *cobra.Command {
	return named(&cobra.Command{
		Use: "ps [APP]", Short: "List containers", Args: between(0, "APP"),
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if len(args) > 0 {
				t, err := parseTarget(args[0])
				if err != nil {
					return err
				}
				if t.entity != "" {
					return &usageError{fmt.Sprintf("%q is no application; write its name alone, such as %s", args[0], t.app)}
				}
				q.Set("application", t.app) // one that does not exist is an error
			}
			return list(s, c, client.Path("containers"), q, s.containerList())
		},
	})
}

func (s *Shell) containerList() listing[client.Container] {
	type one = client.Container
	age := func(c one) string {
		if c.StartedAt == nil {
			return render.Age(s.Now(), c.UpdatedAt)
		}
		return render.Age(s.Now(), c.StartedAt)
	}
	return listing[one]{
		name: func(c one) string { return c.Container },
		columns: []column[one]{
			{heading: "CONTAINER", cell: func(c one) string { return c.Container }},
			{heading: "STATE", cell: func(c one) string { return c.State }, state: true},
			{heading: "HOST", cell: func(c one) string { return c.Host }},
			{heading: "ADDRESS", cell: func(c one) string { return c.Address }},
			{heading: "PORTS", cell: func(c one) string { return ports(c.Ports) }},
			{heading: "AGE", cell: age},
			{heading: "RESTARTS", cell: func(c one) string { return restarts(c.Attempt) }},
			{heading: "CPU", cell: func(c one) string { return cpuOf(c.Usage) }, wide: true},
			{heading: "MEMORY", cell: func(c one) string { return memoryOf(c.Usage) }, wide: true},
			{heading: "GENERATION", cell: func(c one) string { return strconv.FormatInt(c.Generation, 10) }, wide: true},
			{heading: "STARTED", cell: func(c one) string { return moment(c.StartedAt) }, wide: true},
			{heading: "ENGINE ID", cell: func(c one) string { return short(c.EngineID) }, wide: true},
			{heading: "UID", cell: func(c one) string { return c.UID }, wide: true},
			{heading: "REASON", cell: waitingFor},
		},
	}
}

// short is as much of an Engine's id as Docker shows.
func short(id string) string { return id[:min(len(id), 12)] }

// ports are published ports as Docker writes them, 127.0.0.1:49000->8080/tcp.
func ports(in []client.Port) string {
	var out []string
	for _, p := range in {
		out = append(out, fmt.Sprintf("%s:%d->%d/%s", p.Address, p.HostPort, p.Port, p.Protocol))
	}
	return strings.Join(out, " ")
}

func restarts(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// waitingFor is why a container is not further, with the stage of the line that it is in unless its state says that.
func waitingFor(c client.Container) string {
	if c.Stage == "" || c.Stage == c.State || c.Reason == "" {
		return c.Reason
	}
	return c.Stage + ": " + c.Reason
}
