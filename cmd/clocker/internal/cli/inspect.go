package cli

import (
	"context"
	"fmt"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) inspect() *cobra.Command {
	return named(&cobra.Command{
		Use: "inspect APP[/ENTITY[/N]]", Short: "Show all that is known of an application, entity or container",
		Args: exactly("APP[/ENTITY[/N]]"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0])
			if err != nil {
				return err
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			if t.ordinal >= 0 {
				return s.inspectContainer(c.Context(), api, t)
			}
			return s.inspectTree(c.Context(), api, t)
		},
	})
}

func (s *Shell) inspectContainer(ctx context.Context, api *client.Client, t target) error {
	d, err := client.Get[client.Inspection](ctx, api, client.Path("containers", t.app, t.entity, t.number()), nil)
	if err != nil {
		return err
	}
	return s.show(d.Raw, func() string { return s.containerText(d.Value) }, t.String())
}

func (s *Shell) containerText(c client.Inspection) string {
	rows := [][2]string{
		{"container", c.Container.Container}, {"hostname", c.Hostname}, {"state", c.State}, {"stage", c.Stage},
		{"reason", c.Reason}, {"generation", fmt.Sprint(c.Generation)}, {"host", c.Host}, {"address", c.Address},
		{"ports", ports(c.Ports)}, {"engine id", c.EngineID}, {"started", ago(render.Age(s.Now(), c.StartedAt))},
		{"restarts", restarts(c.Attempt)},
	}
	if u := c.Usage; u != nil {
		rows = append(rows, [2]string{"uses", fmt.Sprintf("%s, %s, %s; measured %s ago", cpuOf(u), memoryOf(u), processes(u),
			render.Age(s.Now(), &u.Time))})
	}
	if p := c.Placement; p != nil {
		rows = append(rows, [2]string{"reserved", fmt.Sprintf("%s memory, %s cores on %s (cloud %s)", render.Size(p.Memory),
			render.Number(p.Cores), p.Host, p.Cloud)})
	}
	if l := c.Lease; l != nil {
		rows = append(rows, [2]string{"lease", fmt.Sprintf("%s in %s, MAC %s, for %s", l.Address, l.CIDR, l.MAC, render.Age(s.Now(), &l.LeasedAt))})
	}
	if e := c.Endpoint; e != nil {
		rows = append(rows, [2]string{"endpoint", fmt.Sprintf("generation %d on %s, healthy: %t", e.Generation, e.Host, e.Healthy)})
	}
	if i := c.Image; i != nil {
		rows = append(rows, [2]string{"image", fmt.Sprintf("%s, %s (key %s)", i.State, i.Image, i.Key)})
	}
	return s.fields(rows)
}

func processes(u *client.Usage) string {
	if u.Processes == 1 {
		return "1 process"
	}
	return render.Count(u.Processes) + " processes"
}

func ago(age string) string {
	if age == "" {
		return ""
	}
	return age + " ago"
}

// fields are names and values, a line each; empty values are left out.
func (s *Shell) fields(rows [][2]string) string {
	text := ""
	for _, row := range rows {
		value := row[1]
		if value == "" {
			continue
		}
		if row[0] == "state" {
			value = s.outPaint().State(value)
		}
		text += fmt.Sprintf("%-12s %s\n", row[0], value)
	}
	return text
}
