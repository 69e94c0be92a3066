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
	return named(&cobra.Command{
		Use: "hosts", Short: "List hosts", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			return list(s, c, client.Path("hosts"), nil, hostList())
		},
	})
}

func hostList() listing[client.Host] {
	type one = client.Host
	state := func(h one) string {
		if h.Cordoned {
			return h.State + ", cordoned"
		}
		return h.State
	}
	engine := func(h one) string {
		if h.Engine == nil {
			return ""
		}
		return h.Engine.Version
	}
	memory := func(h one) string { return fmt.Sprintf("%s of %s", render.Size(h.UsedMemory), render.Size(h.Memory)) }
	cores := func(h one) string { return fmt.Sprintf("%s of %s", render.Number(h.UsedCores), render.Number(h.Cores)) }
	return listing[one]{
		name: func(h one) string { return h.Host },
		columns: []column[one]{
			{heading: "HOST", cell: func(h one) string { return h.Host }},
			{heading: "STATE", cell: state, state: true},
			{heading: "CLOUD", cell: func(h one) string { return h.Cloud }},
			{heading: "ADDRESS", cell: func(h one) string { return h.Address }},
			{heading: "CONTAINERS", cell: func(h one) string { return strconv.Itoa(h.Containers) }},
			{heading: "MEMORY", cell: memory},
			{heading: "CORES", cell: cores},
			{heading: "ENGINE", cell: engine},
			{heading: "CPU", cell: func(h one) string { return hostCPU(h.Usage) }, wide: true},
			{heading: "MEMORY IN USE", cell: func(h one) string { return hostMemory(h.Usage) }, wide: true},
			{heading: "LOCATION", cell: func(h one) string { return h.Location }, wide: true},
			{heading: "EPOCH", cell: func(h one) string { return strconv.FormatInt(h.Epoch, 10) }, wide: true},
			{heading: "READY", cell: func(h one) string { return moment(h.ReadyAt) }, wide: true},
			{heading: "SEEN", cell: func(h one) string { return moment(h.LastSeen) }, wide: true},
			{heading: "REASON", cell: func(h one) string { return h.Reason }},
		},
	}
}

// cordon is the command that keeps new containers off a host, and the one that lets them in again.
func (s *Shell) cordon(name, short, done string) *cobra.Command {
	return named(&cobra.Command{
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
			return s.show(a.Raw, func() string { return "" }, args[0])
		},
	})
}
