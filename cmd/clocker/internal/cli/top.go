package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/live"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

const (
	topEvery   = 2 * time.Second
	topHistory = "5m"
)

func (s *Shell) top() *cobra.Command {
	var once bool
	var order string
	c := named(&cobra.Command{
		Use: "top [APP]", Short: "Show what containers and hosts use, live", Args: between(0, "APP"),
		Long: `Shows what hosts and containers use of processors, memory, network and disks, and goes on with it. CPU is in percent
of one core for a container, and of all cores of a host. Keys: q quits; c, m and n put in order by cpu, memory or name, r turns the order
round; arrows mark a container, whose last minutes are drawn where there is room.
Without a terminal that can be drawn on, or with --once or -o json, it shows them once. A host that says nothing is silent, and so are its containers.
Of more than 1,000 containers it shows the first in the order, and says how many there are; -o json has them all.`,
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains([]string{render.ByCPU, render.ByMemory, render.ByName}, order) {
				return &usageError{fmt.Sprintf("--sort %s is not known: cpu, memory or name", order)}
			}
			t := topOf{order: order}
			if len(args) > 0 {
				app, err := parseTarget(args[0])
				if err != nil {
					return err
				}
				if app.entity != "" {
					return &usageError{fmt.Sprintf("%q is no application; write its name alone, such as %s", args[0], app.app)}
				}
				t.app = app.app
			}
			var err error
			if t.api, err = s.api(); err != nil {
				return err
			}
			if once || !s.OutTerminal || s.output != outputTable || s.Env("TERM") == "dumb" {
				return s.topOnce(c.Context(), t)
			}
			return s.topLive(c.Context(), t)
		},
	})
	c.Flags().BoolVar(&once, "once", false, "show it once, and end")
	c.Flags().StringVar(&order, "sort", render.ByCPU, "what containers are put in order by: cpu, memory or name")
	return c
}

// topOf is what is asked for.
type topOf struct {
	api        *client.Client
	app, order string
}

// topMost is how many containers top holds, the first ones in the order asked for: nobody looks at more.
const topMost = 1000

// query asks for the last minutes of what is listed, for lines and graphs.
func (t topOf) query(application string) url.Values {
	q := url.Values{"history": {topHistory}}
	if application != "" {
		q.Set("application", application)
	}
	return q
}

// fetch asks for containers and hosts, of one application only the hosts that it runs on. Of more containers than it
// keeps, those are kept that come first as they are looked at.
func (t topOf) fetch(ctx context.Context, now time.Time, shown render.Top) (render.Top, error) {
	top := render.Top{Scope: t.app, At: now, Order: shown.Order, Reverse: shown.Reverse, Selected: shown.Selected}
	hosts, err := client.List[client.Host](ctx, t.api, client.Path("hosts"), t.query(""))
	if err != nil {
		return top, err
	}
	used := map[string]bool{}
	err = client.Pages(ctx, t.api, client.Path("containers"), t.query(t.app), func(page []client.Doc[client.Container]) error {
		for _, c := range page {
			used[c.Value.Host] = true
			top.Containers = append(top.Containers, topContainer(c.Value, now))
		}
		top = top.Kept(topMost)
		return nil
	})
	for _, h := range hosts.Value {
		if t.app == "" || used[h.Host] {
			top.Hosts = append(top.Hosts, topHost(h, now))
		}
	}
	return top, err
}

func (s *Shell) topLive(ctx context.Context, t topOf) error {
	fetch := func(ctx context.Context, shown render.Top) (render.Top, error) { return t.fetch(ctx, s.Now(), shown) }
	// What cannot be had from the start is an error as of any other command; once a screen shows values, it outlives those.
	first, err := fetch(ctx, render.Top{Order: t.order})
	if err != nil {
		return err
	}
	return live.Run(ctx, live.Config{In: s.In, Out: s.Out, Env: os.Environ(), Paint: s.outPaint(), Every: topEvery, First: first, Fetch: fetch})
}

// topOnce shows hosts and containers as tables, or as one object with a list of each.
func (s *Shell) topOnce(ctx context.Context, t topOf) error {
	if s.output == outputJSON || s.output == outputYAML {
		return s.document(func(w io.Writer) error { return t.write(ctx, w) })
	}
	top, err := t.fetch(ctx, s.Now(), render.Top{Order: t.order})
	if err != nil {
		return err
	}
	sorted := top.Sorted()
	names := make([]string, len(sorted))
	for i, c := range sorted {
		names[i] = c.Name
	}
	err = s.show(nil, func() string {
		return s.topHosts().text(s, top.Hosts) + "\n" + s.topContainers().text(s, sorted)
	}, names...)
	if top.More > 0 {
		s.say("these are the first %d by %s, and there are %d more: name an application, or list them all with clocker ps -o wide",
			len(sorted), t.order, top.More)
	}
	return err
}

// write gives all that was measured, as the API lists it and not in an order.
func (t topOf) write(ctx context.Context, w io.Writer) error {
	before := "{"
	for _, of := range []struct{ name, application string }{{"containers", t.app}, {"hosts", ""}} {
		if _, err := fmt.Fprintf(w, "%s%q:[", before, of.name); err != nil {
			return err
		}
		comma := ""
		err := client.Pages(ctx, t.api, client.Path(of.name), t.query(of.application), func(page []client.Doc[json.RawMessage]) error {
			for _, item := range page {
				if _, err := fmt.Fprintf(w, "%s%s", comma, item.Raw); err != nil {
					return err
				}
				comma = ","
			}
			return nil
		})
		if err != nil {
			return err
		}
		before = "],"
	}
	_, err := io.WriteString(w, "]}")
	return err
}
