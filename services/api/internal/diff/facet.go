package diff

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// facet is one value of a spec as text. What is secret is compared, and not shown.
type facet struct {
	name, text string
	secret     bool
}

func (f facet) shown() string {
	if f.secret {
		return ""
	}
	return f.text
}

// facets gathers those that say something: what a blueprint leaves out is no value.
type facets []facet

func (fs *facets) add(name, text string) {
	if text != "" {
		*fs = append(*fs, facet{name: name, text: text})
	}
}

func (fs *facets) hide(name string, value any, given bool) {
	if given {
		*fs = append(*fs, facet{name: name, text: exact(value), secret: true})
	}
}

// exact is a value as text that differs whenever the value does.
func exact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error() // plain values can be written
	}
	return string(text)
}

func ofApplication(a clocker.Application) []facet {
	var fs facets
	fs.add("name", a.Name)
	fs.add("cloud", a.Cloud)
	fs.add("network", a.CIDR)
	return fs
}

func ofEntity(e clocker.Entity) []facet {
	var fs facets
	fs.add("name", e.Name)
	fs.add("image", e.Image.Reference)
	fs.hide("image.dockerfile", e.Image.Dockerfile, e.Image.Dockerfile != "")
	fs.add("image.path", e.Image.Path)
	fs.add("image.context", e.Image.Context)
	fs.add("size", strconv.Itoa(e.Size))
	fs.add("ports", ports(e))
	for _, v := range e.Env {
		fs.hide("env."+v.Name, v.Value, true)
	}
	fs.hide("entrypoint", e.Entrypoint, len(e.Entrypoint) > 0)
	fs.hide("commands", e.Commands, len(e.Commands) > 0)
	fs.add("volumes", list(e.Volumes, func(v clocker.Volume) string { return v.Name + ":" + v.Path }))
	fs.add("memory", positive(e.Resources.Memory))
	fs.add("cpuShares", positive(e.Resources.CPUShares))
	fs.add("minRam", positive(e.Resources.MinRAM))
	if e.Resources.MinCores > 0 {
		fs.add("minCores", strconv.FormatFloat(e.Resources.MinCores, 'f', -1, 64))
	}
	fs.add("strategies", list(e.Strategies, strategy))
	fs.add("health", health(e.Health))
	if e.Health != nil {
		fs.hide("health.command", e.Health.Command, len(e.Health.Command) > 0)
	}
	fs.add("restart", restart(e.Restart))
	if e.Latch != nil {
		fs.add("latch", e.Latch.String())
	}
	return fs
}

func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func list[T any](items []T, text func(T) string) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = text(item)
	}
	return strings.Join(out, " ")
}

// ports are written as where they are published: any port of the host as 80/tcp, the same one as 80:80/tcp.
func ports(e clocker.Entity) string {
	open := list(e.OpenPorts, func(p clocker.Port) string { return fmt.Sprintf("%d/%s", p.Port, p.Protocol) })
	direct := list(e.DirectPorts, func(p clocker.Port) string { return fmt.Sprintf("%d:%d/%s", p.Port, p.Port, p.Protocol) })
	return strings.TrimSpace(open + " " + direct)
}

func strategy(s clocker.Strategy) string {
	if len(s.Params) == 0 {
		return s.Name
	}
	var params []string
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		params = append(params, name+"="+s.Params[name])
	}
	return s.Name + "(" + strings.Join(params, ", ") + ")"
}

// health is a probe in words, but for its command.
func health(h *clocker.HealthCheck) string {
	if h == nil {
		return ""
	}
	what := fmt.Sprintf("tcp %d", h.Port)
	switch {
	case h.HTTP != "":
		what = fmt.Sprintf("http %d%s", h.Port, h.HTTP)
	case len(h.Command) > 0:
		what = "command"
	case !h.TCP:
		what = fmt.Sprintf("port %d", h.Port)
	}
	return fmt.Sprintf("%s every %d ms, at most %d ms, %d failures, %d ms at first", what, h.Interval, h.Timeout, h.Retries, h.Start)
}

func restart(r clocker.RestartPolicy) string {
	if r == (clocker.RestartPolicy{}) {
		return ""
	}
	return fmt.Sprintf("%s, %d attempts", r.Policy, r.Attempts)
}
