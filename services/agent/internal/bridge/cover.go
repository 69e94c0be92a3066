package bridge

import (
	"cmp"
	"net/netip"
	"slices"
)

// maxRoutes bounds what a registration lists: a machine that speaks BGP has a million routes.
const maxRoutes = 4096

// private is where applications have their networks, as a rule.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
}

// cover lists at most so many networks, 64 or more, that have every address of the routes. While there are too many, the
// smallest are widened: public ones as far as no private address comes in, then private ones within their range.
func cover(routes []netip.Prefix, most int) []netip.Prefix {
	if len(routes) <= most {
		return routes
	}
	list := merged(routes)
	for _, inside := range []bool{false, true} {
		for bits := 32; bits > 0 && len(list) > most; bits-- {
			for i, p := range list {
				if wider := netip.PrefixFrom(p.Addr(), bits-1).Masked(); p.Bits() == bits && mayWiden(wider, inside) {
					list[i] = wider
				}
			}
			list = merged(list)
		}
	}
	return list
}

// mayWiden reports whether a network lies inside a private range, or outside all of them.
func mayWiden(to netip.Prefix, inside bool) bool {
	i := slices.IndexFunc(private, to.Overlaps)
	if i < 0 {
		return !inside
	}
	return inside && private[i].Bits() <= to.Bits()
}

// merged is the fewest networks with the same addresses, in order.
func merged(routes []netip.Prefix) []netip.Prefix {
	sorted := slices.Clone(routes)
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	var out []netip.Prefix
	for _, p := range sorted {
		if n := len(out); n > 0 && out[n-1].Overlaps(p) {
			continue
		}
		out = append(out, p)
		for n := len(out); n > 1 && siblings(out[n-2], out[n-1]); n-- {
			out = append(out[:n-2], parent(out[n-1]))
		}
	}
	return out
}

func siblings(a, b netip.Prefix) bool {
	return a.Bits() > 0 && a.Bits() == b.Bits() && parent(a) == parent(b)
}

func parent(p netip.Prefix) netip.Prefix { return netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked() }
