package cli

import (
	"fmt"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) apps() *cobra.Command {
	return named(&cobra.Command{
		Use: "apps", Aliases: []string{"ls", "list"}, Short: "List applications", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			return list(s, c, client.Path("applications"), nil, s.applicationList())
		},
	})
}

func (s *Shell) applicationList() listing[client.Application] {
	type app = client.Application
	return listing[app]{
		name: func(a app) string { return a.Application },
		columns: []column[app]{
			{heading: "APPLICATION", cell: func(a app) string { return a.Application }},
			{heading: "STATE", cell: func(a app) string { return a.State }, state: true},
			{heading: "UP", cell: func(a app) string { return fmt.Sprintf("%d/%d", a.Up, a.Wanted) }},
			{heading: "CLOUD", cell: func(a app) string { return a.Cloud }},
			{heading: "NETWORK", cell: func(a app) string { return a.Network }},
			{heading: "AGE", cell: func(a app) string { return render.Age(s.Now(), &a.SubmittedAt) }},
			{heading: "NAME", cell: func(a app) string { return a.Name }, wide: true},
			{heading: "UID", cell: func(a app) string { return a.UID }, wide: true},
			{heading: "SUBMITTED", cell: func(a app) string { return moment(&a.SubmittedAt) }, wide: true},
			{heading: "REASON", cell: func(a app) string { return a.Reason }},
		},
	}
}

// moment is a time that has no age's roundness.
func moment(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
