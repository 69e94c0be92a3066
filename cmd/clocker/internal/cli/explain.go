package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) explain() *cobra.Command {
	return named(&cobra.Command{
		Use: "explain APP[/ENTITY/N]", Short: "Say why a container is where it is, or what it waits for",
		Long: "Explains one container, or of an application all containers that are not healthy.", Args: exactly("APP[/ENTITY/N]"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0])
			if err != nil {
				return err
			}
			if t.entity != "" && t.ordinal < 0 {
				return &usageError{fmt.Sprintf("%q is an entity: write %s, or a container such as %s/0", args[0], t.app, args[0])}
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			if t.ordinal >= 0 {
				e, err := explanation(c.Context(), api, t)
				if err != nil {
					return err
				}
				return s.show(e.Raw, func() string { return s.explanationText(e.Value) }, e.Value.Container)
			}
			return s.explainApplication(c.Context(), api, t.app)
		},
	})
}

func explanation(ctx context.Context, api *client.Client, t target) (client.Doc[client.Explanation], error) {
	return client.Get[client.Explanation](ctx, api, client.Path("containers", t.app, t.entity, t.number(), "explain"), nil)
}

func (s *Shell) explainApplication(ctx context.Context, api *client.Client, app string) error {
	a, err := client.Get[client.Application](ctx, api, client.Path("applications", app), nil)
	if err != nil {
		return err
	}
	list, err := explainWaiting(ctx, api, app)
	if err != nil {
		return err
	}
	raw, texts, names := []json.RawMessage{}, []string{}, []string{}
	for _, e := range list {
		raw, texts, names = append(raw, e.Raw), append(texts, s.explanationText(e.Value)), append(names, e.Value.Container)
	}
	all, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		s.say("%s: %d of %d containers are healthy, none waits", app, a.Value.Up, a.Value.Wanted)
	}
	return s.show(all, func() string { return strings.Join(texts, "\n") }, names...)
}

// explainWaiting explains the containers of an application that are not healthy.
func explainWaiting(ctx context.Context, api *client.Client, app string) ([]client.Doc[client.Explanation], error) {
	list, err := client.List[client.Container](ctx, api, client.Path("containers"), url.Values{"application": {app}})
	if err != nil {
		return nil, err
	}
	var out []client.Doc[client.Explanation]
	for _, c := range list.Value {
		if c.State == stateHealthy {
			continue
		}
		t, err := parseContainer(c.Container)
		if err != nil {
			return nil, err
		}
		e, err := explanation(ctx, api, t)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

const stateHealthy = "healthy"

func (s *Shell) explanationText(e client.Explanation) string {
	p := s.outPaint()
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", name, text)
		}
	}
	fmt.Fprintf(&b, "%s  %s", p.Strong(e.Container), p.State(e.State))
	if age := render.Age(s.Now(), e.Since); age != "" {
		b.WriteString(" for " + age)
	}
	b.WriteString("\n")
	line("stage", e.Stage)
	line("reason", e.Reason)
	line("host", e.Host)
	line("waits for", strings.Join(e.WaitsFor, ", "))
	for _, r := range e.Refusals {
		line("refused by", fmt.Sprintf("%s, %d host(s): %s", r.Strategy, r.Hosts, r.Reason))
	}
	for _, l := range e.DeadLetters {
		line("held up by", fmt.Sprintf("dead letter %s (%s): %s", letterName(l), l.Topic, firstLine(l.Reason)))
	}
	if e.Restarts > 0 {
		line("restarts", strconv.Itoa(e.Restarts)+lastExit(e.ExitCode))
	}
	if e.Image != nil && e.Image.State != "ready" {
		line("image", e.Image.State+colon(e.Image.Reason))
		for _, tail := range e.Image.Tail {
			b.WriteString("    | " + tail + "\n")
		}
	}
	return b.String()
}

func colon(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// lastExit is left out when it is 0: a container that never ran has none.
func lastExit(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf(", last exit code %d", code)
}
