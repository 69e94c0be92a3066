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
	return &cobra.Command{
		Use: "ps [APP]", Short: "List containers", Args: between(0, "APP"),
		RunE: func(c *cobra.Command, args []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			var list client.Doc[[]client.Container]
			if len(args) == 0 {
				list, err = client.List[client.Container](c.Context(), api, client.Path("containers"), nil)
			} else {
				list, err = s.containersOf(c, api, args[0])
			}
			if err != nil {
				return err
			}
			return s.show(list.Raw, func() string { return s.containerTable(list.Value) })
		},
	}
}

// containersOf lists the containers of an application; one that does not exist is an error.
func (s *Shell) containersOf(c *cobra.Command, api *client.Client, name string) (client.Doc[[]client.Container], error) {
	var none client.Doc[[]client.Container]
	t, err := parseTarget(name)
	if err != nil {
		return none, err
	}
	if t.entity != "" {
		return none, &usageError{fmt.Sprintf("%q is no application; write its name alone, such as %s", name, t.app)}
	}
	return client.List[client.Container](c.Context(), api, client.Path("containers"), url.Values{"application": {t.app}})
}

func (s *Shell) containerTable(containers []client.Container) string {
	var rows [][]string
	for _, c := range containers {
		since := c.StartedAt
		if since == nil {
			since = c.UpdatedAt
		}
		rows = append(rows, []string{c.Container, c.State, c.Host, c.Address, ports(c.Ports), render.Age(s.Now(), since),
			restarts(c.Attempt), waitingFor(c)})
	}
	return s.table(1, []string{"CONTAINER", "STATE", "HOST", "ADDRESS", "PORTS", "AGE", "RESTARTS", "REASON"}, rows)
}

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

// waitingFor is why a container is not further, with the stage of the line that it is in.
func waitingFor(c client.Container) string {
	if c.Stage == "" || c.Reason == "" {
		return c.Reason
	}
	return c.Stage + ": " + c.Reason
}
