package blueprint

import (
	"slices"
	"strings"

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
	known := healthKeys()
	for _, f := range fields {
		at := slices.IndexFunc(known, func(k key[*clocker.HealthCheck]) bool { return k.name == f.name })
		switch {
		case at < 0:
			unknownKey(f, names(known))
			continue
		case slices.Contains(probes, f.name):
			kinds++
		}
		known[at].read(&h, f.value)
	}
	if kinds != 1 {
		n.fail(BadHealthCheck, healthHint, "healthCheck has %s", map[bool]string{true: "no probe", false: "several probes"}[kinds == 0])
		return
	}
	s.settlePort(n, &h)
	s.entity.Health = &h
}

func readHTTP(h *clocker.HealthCheck, n node) {
	path, ok := n.line("http")
	if !ok {
		return
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t") {
		n.fail(BadHealthCheck, "http: /health, and port: 8080", "http is the path to get, from /; it is %s", n.is())
		return
	}
	h.HTTP = path
}

func readTCP(h *clocker.HealthCheck, n node) {
	switch v := n.yaml.Value; {
	case n.scalar() && v == "true":
	case strings.Trim(v, " +-0123456789") != "" || v == "":
		n.fail(BadHealthCheck, healthHint, "tcp is true, or a port; it is %s", n.is())
		return
	default:
		port, ok := n.integer("tcp", portNumbers)
		if !ok {
			return
		}
		h.Port = int(port)
	}
	h.TCP = true
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
			n.fail(BadCommand, `no shell runs it; to have one write ["/bin/sh", "-c", `+quoted(text)+`]`, "command: %s", why)
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
		n.fail(BadCommand, `command: ["redis-cli", "ping"]`, "command is empty")
	}
	return words
}

// settlePort finds the port of a probe that names none: the only tcp port there is.
func (s *service) settlePort(n node, h *clocker.HealthCheck) {
	if h.Command != nil {
		if h.Port != 0 {
			n.fail(BadHealthCheck, "remove it", "a command is no probe of a port")
		}
		return
	}
	if h.Port != 0 || h.HTTP == "" && !h.TCP {
		return
	}
	ports := slices.Concat(s.entity.OpenPorts, s.entity.DirectPorts)
	ports = slices.DeleteFunc(ports, func(p clocker.Port) bool { return p.Protocol != "tcp" })
	if len(ports) != 1 {
		n.fail(HealthPort, "port: 8080", "healthCheck has no port, and the service has %d tcp ports to choose from", len(ports))
		return
	}
	h.Port = ports[0].Port
}
