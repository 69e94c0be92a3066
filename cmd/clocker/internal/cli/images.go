package cli

import (
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) images() *cobra.Command {
	return named(&cobra.Command{
		Use: "images", Short: "List the images that applications asked for", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			return list(s, c, client.Path("images"), nil, imageList())
		},
	})
}

func imageList() listing[client.Image] {
	type one = client.Image
	size := func(i one) string {
		if i.Size == 0 { // not known yet
			return ""
		}
		return render.Size(i.Size)
	}
	made := func(i one) string {
		if i.Built {
			return "built"
		}
		return "pulled"
	}
	return listing[one]{
		name: func(i one) string { return i.Key },
		columns: []column[one]{
			{heading: "KEY", cell: func(i one) string { return i.Key }},
			{heading: "STATE", cell: func(i one) string { return i.State }, state: true},
			{heading: "REFERENCE", cell: func(i one) string { return i.Reference }},
			{heading: "SIZE", cell: size},
			{heading: "USED BY", cell: func(i one) string { return strings.Join(i.UsedBy, ", ") }},
			{heading: "MADE", cell: made, wide: true},
			{heading: "IMAGE", cell: func(i one) string { return i.Image }, wide: true},
			{heading: "REASON", cell: func(i one) string { return i.Reason }},
		},
	}
}
