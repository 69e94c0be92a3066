package cli

import (
	"fmt"
	"strconv"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) hosts() *cobra.Command {
	return &cobra.Command{
		Use: "hosts", Short: "List hosts", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			list, err := client.List[client.Host](c.Context(), api, client.Path("hosts"), nil)
			if err != nil {
				return err
			}
			return s.show(list.Raw, func() string { return s.hostTable(list.Value) })
		},
	}
}

func (s *Shell) hostTable(hosts []client.Host) string {
	var rows [][]string
	for _, h := range hosts {
		engine := ""
		if h.Engine != nil {
			engine = h.Engine.Version
		}
		rows = append(rows, []string{h.Host, h.State, h.Cloud, h.Address, strconv.Itoa(h.Containers),
			fmt.Sprintf("%s of %s", render.Size(h.UsedMemory), render.Size(h.Memory)),
			fmt.Sprintf("%s of %s", render.Number(h.UsedCores), render.Number(h.Cores)), engine, h.Reason})
	}
	heading := []string{"HOST", "STATE", "CLOUD", "ADDRESS", "CONTAINERS", "MEMORY", "CORES", "ENGINE", "REASON"}
	return s.table(1, heading, rows)
}
