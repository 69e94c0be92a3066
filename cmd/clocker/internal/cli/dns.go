package cli

import (
	"net/url"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

func (s *Shell) dns() *cobra.Command {
	return named(&cobra.Command{
		Use: "dns [NAME]", Short: "Show what the zone answers for names", Args: between(0, "NAME"),
		Long: `Shows the names of the zone and their addresses: all of them, or a name and those below it, with or without the zone.
Each container has a name of its own; that of its entity answers those that are healthy.`,
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if len(args) > 0 {
				q.Set("name", args[0])
			}
			return list(s, c, client.Path("dns"), q, recordList())
		},
	})
}

func recordList() listing[client.Record] {
	type one = client.Record
	return listing[one]{
		name: func(r one) string { return r.Name },
		columns: []column[one]{
			{heading: "NAME", cell: func(r one) string { return r.Name }},
			{heading: "TYPE", cell: func(r one) string { return r.Type }},
			{heading: "ADDRESS", cell: func(r one) string { return r.Address }},
			{heading: "HEALTH", cell: func(r one) string { return health(r.Healthy) }, state: true},
			{heading: "CONTAINER", cell: func(r one) string { return r.Container }},
			{heading: "HOST", cell: func(r one) string { return r.Host }},
		},
	}
}
