package cli

import (
	"fmt"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) networks() *cobra.Command {
	c := &cobra.Command{
		Use: "network", Aliases: []string{"networks"}, Short: "Look at the networks of applications", Args: subcommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(named(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List networks", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			return list(s, c, client.Path("networks"), nil, networkList())
		},
	}), named(&cobra.Command{
		Use: "show APP", Short: "Show a network with the addresses in use, and by whom", Args: exactly("APP"),
		RunE: func(c *cobra.Command, args []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			d, err := client.Get[client.NetworkDetail](c.Context(), api, client.Path("networks", args[0]), nil)
			if err != nil {
				return err
			}
			return s.show(d.Raw, func() string { return s.networkText(d.Value) }, d.Value.Application)
		},
	}))
	return c
}

func networkList() listing[client.Network] {
	type one = client.Network
	return listing[one]{
		name: func(n one) string { return n.Application },
		columns: []column[one]{
			{heading: "APPLICATION", cell: func(n one) string { return n.Application }},
			{heading: "CIDR", cell: func(n one) string { return n.CIDR }},
			{heading: "ADDRESSES", cell: func(n one) string { return strconv.Itoa(n.Addresses) }},
			{heading: "GATEWAYS", cell: func(n one) string { return gateways(n) }},
			{heading: "DOCKER", cell: func(n one) string { return n.Docker }},
			{heading: "NETWORK", cell: func(n one) string { return n.Network }, wide: true},
		},
	}
}

func gateways(n client.Network) string {
	var out []string
	for _, g := range n.Gateways {
		out = append(out, g.Host+" "+g.Address)
	}
	return strings.Join(out, ", ")
}

func (s *Shell) networkText(d client.NetworkDetail) string {
	type one = client.Address
	leases := listing[one]{columns: []column[one]{
		{heading: "ADDRESS", cell: func(a one) string { return a.Address }},
		{heading: "CONTAINER", cell: func(a one) string { return a.Container }},
		{heading: "HEALTH", cell: func(a one) string { return health(a.Healthy) }, state: true},
		{heading: "HOST", cell: func(a one) string { return a.Host }},
		{heading: "MAC", cell: func(a one) string { return a.MAC }},
		{heading: "LEASED", cell: func(a one) string { return moment(&a.LeasedAt) }, wide: true},
	}}
	return fmt.Sprintf("network of %s: %s, in the Engine %s\ngateways: %s\n\n", d.Application, d.CIDR, d.Docker, gateways(d.Network)) +
		leases.text(s, d.Leases)
}

func health(healthy bool) string {
	if healthy {
		return "healthy"
	}
	return "unhealthy"
}
