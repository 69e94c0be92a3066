package cli

import (
	"fmt"
	"net/http"
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
		state := h.State
		if h.Cordoned {
			state += ", cordoned"
		}
		rows = append(rows, []string{h.Host, state, h.Cloud, h.Address, strconv.Itoa(h.Containers),
			fmt.Sprintf("%s of %s", render.Size(h.UsedMemory), render.Size(h.Memory)),
			fmt.Sprintf("%s of %s", render.Number(h.UsedCores), render.Number(h.Cores)), engine, h.Reason})
	}
	heading := []string{"HOST", "STATE", "CLOUD", "ADDRESS", "CONTAINERS", "MEMORY", "CORES", "ENGINE", "REASON"}
	return s.table(1, heading, rows)
}

// cordon is the command that keeps new containers off a host, and the one that lets them in again.
func (s *Shell) cordon(name, short, done string) *cobra.Command {
	return &cobra.Command{
		Use: name + " HOST", Short: short, Args: exactly("HOST"),
		RunE: func(c *cobra.Command, args []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			a, err := client.Call[client.Accepted](c.Context(), api, client.Request{Method: http.MethodPost, Path: client.Path("hosts", args[0], name)})
			if err != nil {
				return err
			}
			s.say("%s %s; operation %s", args[0], done, a.Value.Operation)
			return s.show(a.Raw, func() string { return "" })
		},
	}
}
