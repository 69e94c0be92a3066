package blueprint

import (
	"slices"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
)

const healthHint = "one of http: /path, tcp: true, or command: [...]"

// readHealth reads healthCheck. The port may be left out when the service has exactly one tcp port.
func (s *service) readHealth(n node) {
	fields, ok := n.fields("healthCheck")
	if !ok {
		return
	}
	h := clocker.HealthCheck{Interval: 5000, Timeout: 2000, Retries: 3, Start: 10_000}
	kinds := 0
	for _, f := range fields {
		switch f.name {
		case "http", "tcp", "command":
			kinds++
			s.readProbe(&h, f)
		case "port":
			if v, ok := f.value.integer("port", 1, 65535); ok {
				h.Port = int(v)
			}
		case "retries":
			if v, ok := f.value.integer("retries", 1, 100); ok {
				h.Retries = int(v)
			}
		case "interval":
			setMillis(&h.Interval, f, 100*time.Millisecond, time.Hour)
		case "timeout":
			setMillis(&h.Timeout, f, 50*time.Millisecond, 10*time.Minute)
		case "start":
			setMillis(&h.Start, f, 0, time.Hour)
		default:
			unknownKey(f, []string{"http", "tcp", "command", "port", "interval", "timeout", "retries", "start"})
		}
	}
	if kinds != 1 {
		n.fail(healthHint, "healthCheck has %s", map[bool]string{true: "no probe", false: "several probes"}[kinds == 0])
		return
	}
	s.settlePort(n, &h)
	s.entity.Health = &h
}

func setMillis(to *int64, f field, low, high time.Duration) {
	if v, ok := readMillis(f.name, f.value, low, high); ok {
		*to = v
	}
}

func (s *service) readProbe(h *clocker.HealthCheck, f field) {
	switch f.name {
	case "http":
		path, ok := f.value.line("http")
		if !ok {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t") {
			f.value.fail("http: /health, and port: 8080", "http is the path to get, from /; it is %s", f.value.is())
			return
		}
		h.HTTP = path
	case "tcp":
		switch v := f.value.yaml.Value; {
		case f.value.scalar() && v == "true":
		case f.value.scalar() && (v == "false" || v == ""):
			f.value.fail(healthHint, "tcp is true, or a port")
		default:
			if port, ok := f.value.integer("tcp", 1, 65535); ok {
				h.Port = int(port)
			}
		}
		h.TCP = true
	case "command":
		h.Command = readCommand(f.value)
	}
}

// readCommand reads the command of a probe; it runs in the container as it is and takes no expressions.
func readCommand(n node) []string {
	if !n.isList() {
		text, ok := n.text("command")
		if !ok {
			return nil
		}
		words, why := splitWords(text)
		if why != "" {
			n.fail(`no shell runs it; to have one write ["/bin/sh", "-c", `+quoted(text)+`]`, "command: %s", why)
		}
		return words
	}
	var words []string
	for _, item := range n.elements() {
		if w, ok := item.text("a word of command"); ok {
			words = append(words, w)
		}
	}
	if len(n.yaml.Content) == 0 {
		n.fail(`command: ["redis-cli", "ping"]`, "command is empty")
	}
	return words
}

// settlePort finds the port of a probe that names none: the only tcp port there is.
func (s *service) settlePort(n node, h *clocker.HealthCheck) {
	if h.Command != nil {
		if h.Port != 0 {
			n.fail("remove it", "a command is no probe of a port")
		}
		return
	}
	if h.Port != 0 || h.HTTP == "" && !h.TCP {
		return
	}
	ports := slices.Concat(s.entity.OpenPorts, s.entity.DirectPorts)
	ports = slices.DeleteFunc(ports, func(p clocker.Port) bool { return p.Protocol != "tcp" })
	if len(ports) != 1 {
		n.fail("port: 8080", "healthCheck has no port, and the service has %d tcp ports to choose from", len(ports))
		return
	}
	h.Port = ports[0].Port
}
