package bridge

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

// Routes lists the IPv4 networks that this machine routes, without default routes and those through links that are
// ours; of many, networks that cover them.
func Routes(ours func(link string) bool) ([]string, error) {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var found []netip.Prefix
	for _, r := range routes {
		if r.Dst == nil || r.Dst.IP.IsUnspecified() {
			continue
		}
		if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil && ours(l.Attrs().Name) {
			continue
		}
		to, err := netip.ParsePrefix(r.Dst.String())
		if err != nil {
			return nil, fmt.Errorf("list routes: %w", err)
		}
		found = append(found, to)
	}
	var out []string
	for _, p := range cover(found, maxRoutes) {
		out = append(out, p.String())
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
