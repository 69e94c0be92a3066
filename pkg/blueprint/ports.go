package blueprint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// maxPorts bounds each list of ports: the Engine keeps a process or rules for each.
const maxPorts = 256

const portHint = `a port from 1 to 65535, with /udp if need be; several as a list or as "80, 443"`

// readPorts reads one port, text with several, or a list; in the order given.
func readPorts(what string, n node) []clocker.Port {
	if !n.isList() {
		return appendPorts(what, n, nil)
	}
	var ports []clocker.Port
	for _, item := range n.elements() {
		ports = appendPorts(what, item, ports)
	}
	return ports
}

func appendPorts(what string, n node, ports []clocker.Port) []clocker.Port {
	if !n.scalar() {
		n.fail(BadPort, portHint, "%s must be ports, this is %s", what, n.is())
		return ports
	}
	for word := range strings.SplitSeq(n.yaml.Value, ",") {
		port, why := parsePort(strings.TrimSpace(word))
		switch {
		case len(ports) == maxPorts:
			n.fail(OverLimit, "split the service", "%s has more than %d ports", what, maxPorts)
			return ports
		case why != "":
			n.fail(BadPort, portHint, "%s: %s", what, why)
		case slices.Contains(ports, port):
			n.fail(PortTwice, "keep one of them", "%s has %s twice", what, portText(port))
		default:
			ports = append(ports, port)
		}
	}
	return ports
}

func parsePort(word string) (clocker.Port, string) {
	number, protocol, _ := strings.Cut(word, "/")
	protocol = strings.ToLower(protocol)
	if protocol == "" {
		protocol = "tcp"
	}
	if protocol != "tcp" && protocol != "udp" {
		return clocker.Port{}, fmt.Sprintf("%q has the protocol %q; tcp and udp are known", clip(word), clip(protocol))
	}
	v, err := strconv.Atoi(number)
	switch {
	case word == "":
		return clocker.Port{}, "a port is missing"
	case err != nil && (strings.Contains(word, "-") || strings.HasSuffix(word, "+")):
		return clocker.Port{}, fmt.Sprintf("%q is a range; a container has single ports", clip(word))
	case err != nil && strings.Contains(word, ":"):
		return clocker.Port{}, fmt.Sprintf("%q maps a port; openPorts get a host port by themselves, directPorts the same number", clip(word))
	case err != nil || v < 1 || v > 65535:
		return clocker.Port{}, fmt.Sprintf("%q is no port", clip(word))
	}
	return clocker.Port{Port: v, Protocol: protocol}, ""
}

func portText(p clocker.Port) string { return strconv.Itoa(p.Port) + "/" + p.Protocol }
