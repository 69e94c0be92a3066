package admit

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strings"

	"clocker.io/pkg/clocker"
)

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// Check says why an assignment must not be carried out; empty when it may. network is nil while it is not known.
func Check(a clocker.Assignment, network *clocker.Network) string {
	for _, check := range []func(clocker.Assignment) string{identity, process, address, ports, volumes, resources} {
		if why := check(a); why != "" {
			return "this host refuses it: " + why
		}
	}
	if network == nil {
		return ""
	}
	cidr, err := netip.ParsePrefix(network.CIDR)
	if ip, perr := netip.ParseAddr(a.Address); err == nil && perr == nil && !cidr.Contains(ip) {
		return fmt.Sprintf("this host refuses it: address %s lies outside its network %s", a.Address, network.CIDR)
	}
	return ""
}

func identity(a clocker.Assignment) string {
	switch {
	case !clocker.ValidID(a.Application) || !clocker.ValidID(a.Entity) || !clocker.ValidID(a.UID):
		return "its application, uid or entity is no id"
	case a.Ordinal < 0 || a.Generation < 1:
		return "its ordinal or generation is out of range"
	}
	return ""
}

func process(a clocker.Assignment) string {
	if a.Image == "" || strings.HasPrefix(a.Image, "-") {
		return "it names no image"
	}
	for _, e := range a.Env {
		name, _, ok := strings.Cut(e, "=")
		if !ok || name == "" || strings.ContainsRune(e, 0) {
			return "an environment variable has no name or holds a zero byte"
		}
	}
	return ""
}

func address(a clocker.Assignment) string {
	ip, err := netip.ParseAddr(a.Address)
	switch {
	case err != nil || !ip.Is4() || ip.IsLoopback() || ip.IsMulticast() || ip.IsUnspecified() || ip.IsLinkLocalUnicast():
		return fmt.Sprintf("%q is no address for a container", a.Address)
	case a.MAC != clocker.MAC(ip):
		return fmt.Sprintf("MAC %s does not belong to address %s", a.MAC, a.Address)
	}
	for _, d := range a.DNS {
		if _, err := netip.ParseAddr(d); err != nil {
			return fmt.Sprintf("resolver %q is no address", d)
		}
	}
	return ""
}

func ports(a clocker.Assignment) string {
	for _, p := range a.Ports {
		if p.Port < 1 || p.Port > 65535 || p.HostPort < 1 || p.HostPort > 65535 || (p.Protocol != "tcp" && p.Protocol != "udp") {
			return fmt.Sprintf("port %d to %d/%s is out of range", p.HostPort, p.Port, p.Protocol)
		}
	}
	return ""
}

// volumes lets a container have named volumes of its own, and nothing of the host: a path or a foreign volume would
// give it the Engine's socket or another container's data.
func volumes(a clocker.Assignment) string {
	own := clocker.VolumeName(a.Key(), "")
	for _, m := range a.Volumes {
		switch {
		case !strings.HasPrefix(m.Volume, own) || !volumeName.MatchString(m.Volume):
			return fmt.Sprintf("volume %q is not its own", m.Volume)
		case !path.IsAbs(m.Path) || path.Clean(m.Path) != strings.TrimSuffix(m.Path, "/") || path.Clean(m.Path) == "/":
			return fmt.Sprintf("a volume cannot be mounted at %q", m.Path)
		}
	}
	return ""
}

func resources(a clocker.Assignment) string {
	if r := a.Resources; r.Memory < 0 || r.CPUShares < 0 {
		return "its memory or cpu shares are negative"
	}
	return ""
}
