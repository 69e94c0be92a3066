package bridge

import (
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
)

// Routes lists the IPv4 networks that this machine routes, without default routes and those through links that are
// ours.
func Routes(ours func(link string) bool) ([]string, error) {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var out []string
	for _, r := range routes {
		if r.Dst == nil || r.Dst.IP.IsUnspecified() {
			continue
		}
		if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil && ours(l.Attrs().Name) {
			continue
		}
		out = append(out, r.Dst.String())
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
