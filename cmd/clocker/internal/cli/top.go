package cli

import (
	"context"
	"encoding/json"
	"fmt"
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
Without a terminal that can be drawn on, or with --once or -o json, it shows them once. A host that says nothing is silent, and so are its containers.`,
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

// measured is an answer to it.
type measured struct {
	containers client.Doc[[]client.Container]
	hosts      client.Doc[[]client.Host]
}

// fetch asks for containers and hosts; of one application only the hosts that it runs on.
func (t topOf) fetch(ctx context.Context) (measured, error) {
	var m measured
	q := url.Values{"history": {topHistory}, "limit": {"1000"}}
	var err error
	if m.hosts, err = client.List[client.Host](ctx, t.api, client.Path("hosts"), q); err != nil {
		return m, err
	}
	if t.app != "" {
		q.Set("application", t.app)
	}
	m.containers, err = client.List[client.Container](ctx, t.api, client.Path("containers"), q)
	return m, err
}

// look makes of an answer what is drawn.
func (t topOf) look(m measured, now time.Time) render.Top {
	top := render.Top{Scope: t.app, At: now, Order: t.order}
	used := map[string]bool{}
	for _, c := range m.containers.Value {
		used[c.Host] = true
		top.Containers = append(top.Containers, topContainer(c, now))
	}
	for _, h := range m.hosts.Value {
		if t.app == "" || used[h.Host] {
			top.Hosts = append(top.Hosts, topHost(h, now))
		}
	}
	return top
}

func (s *Shell) topLive(ctx context.Context, t topOf) error {
	fetch := func(ctx context.Context) (render.Top, error) {
		m, err := t.fetch(ctx)
		return t.look(m, s.Now()), err
	}
	// What cannot be had from the start is an error as of any other command; once a screen shows values, it outlives those.
	first, err := fetch(ctx)
	if err != nil {
		return err
	}
	return live.Run(ctx, live.Config{In: s.In, Out: s.Out, Env: os.Environ(), Paint: s.outPaint(), Every: topEvery, First: first, Fetch: fetch})
}

// topOnce shows hosts and containers as tables, or with -o json as one object with a list of each.
func (s *Shell) topOnce(ctx context.Context, t topOf) error {
	m, err := t.fetch(ctx)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]json.RawMessage{"hosts": m.hosts.Raw, "containers": m.containers.Raw})
	if err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	top := t.look(m, s.Now())
	sorted := top.Sorted()
	names := make([]string, len(sorted))
	for i, c := range sorted {
		names[i] = c.Name
	}
	return s.show(raw, func() string {
		return s.topHosts().text(s, top.Hosts) + "\n" + s.topContainers().text(s, sorted)
	}, names...)
}
