package cli

import (
	"fmt"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) apps() *cobra.Command {
	return &cobra.Command{
		Use: "apps", Aliases: []string{"ls"}, Short: "List applications", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			list, err := client.List[client.Application](c.Context(), api, client.Path("applications"), nil)
			if err != nil {
				return err
			}
			return s.show(list.Raw, func() string { return s.appsTable(list.Value) })
		},
	}
}

func (s *Shell) appsTable(apps []client.Application) string {
	var rows [][]string
	for _, a := range apps {
		rows = append(rows, []string{a.Application, a.State, fmt.Sprintf("%d/%d", a.Up, a.Wanted), a.Cloud, a.Network,
			render.Age(s.Now(), &a.SubmittedAt), a.Reason})
	}
	return s.table(1, []string{"APPLICATION", "STATE", "UP", "CLOUD", "NETWORK", "AGE", "REASON"}, rows)
}
