package pool

import (
	"fmt"
	"net/netip"

	"clocker.io/pkg/clocker"
)

// Settings say where networks come from: subnets of Bits length of Pool, none that overlaps one of Exclude.
type Settings struct {
	Pool    netip.Prefix
	Bits    int
	Exclude []netip.Prefix
}

// Used is a network that has been given out. With Cooling it is gone, but so lately that hosts may still have it.
type Used struct {
	CIDR    netip.Prefix
	Owner   string // application shop, host alpha
	Cooling bool
}

// Carve takes the lowest free subnet of the pool, one that is still cooling only when there is no other. The error is
// a *clocker.Error of code Exhausted.
func Carve(s Settings, used []Used) (netip.Prefix, error) {
	var second netip.Prefix
	for net := netip.PrefixFrom(s.Pool.Masked().Addr(), s.Bits); s.Pool.Contains(net.Addr()); {
		if excluded(s, net) == nil {
			switch by := overlapping(net, used); {
			case by == nil:
				return net, nil
			case by.Cooling && !second.IsValid():
				second = net
			}
		}
		next, ok := after(net)
		if !ok {
			break
		}
		net = next
	}
	if second.IsValid() {
		return second, nil
	}
	return netip.Prefix{}, &clocker.Error{Code: clocker.Exhausted, Message: fmt.Sprintf(
		"the pool %s has no free /%d network left; name one by network.cidr, or delete an application", s.Pool, s.Bits)}
}

// Ask checks a network that an application asks for. The error is a *clocker.Error: Invalid when no Docker network can
// be made of it, Conflict when somebody has it or the installation keeps it out.
func Ask(s Settings, text string, used []Used) (netip.Prefix, error) {
	net, err := netip.ParsePrefix(text)
	if err != nil || !net.Addr().Is4() || net != net.Masked() {
		return net, refuse(clocker.Invalid, "network.cidr %q is no IPv4 network such as 10.40.0.0/24", text)
	}
	if _, err := LayOut(net); err != nil {
		return net, err
	}
	for _, bad := range unusable {
		if bad.Overlaps(net) {
			return net, refuse(clocker.Invalid, "network.cidr %s lies in %s, which is no place for containers", net, bad)
		}
	}
	if by := excluded(s, net); by != nil {
		return net, refuse(clocker.Conflict, "network.cidr %s overlaps %s, which this installation keeps out", net, by)
	}
	if by := overlapping(net, used); by != nil && !by.Cooling {
		return net, refuse(clocker.Conflict, "network.cidr %s overlaps %s of %s", net, by.CIDR, by.Owner)
	}
	return net, nil
}

// unusable lists what the Internet's registries keep for hosts themselves and for groups.
var unusable = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("224.0.0.0/3"),
}

func refuse(code clocker.Code, format string, args ...any) error {
	return &clocker.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func excluded(s Settings, net netip.Prefix) *netip.Prefix {
	for i := range s.Exclude {
		if s.Exclude[i].Overlaps(net) {
			return &s.Exclude[i]
		}
	}
	return nil
}

// overlapping finds who has a part of net: a living network before a cooling one.
func overlapping(net netip.Prefix, used []Used) *Used {
	var found *Used
	for i := range used {
		if used[i].CIDR.Overlaps(net) && (found == nil || found.Cooling) {
			found = &used[i]
		}
	}
	return found
}

// after is the subnet that follows; false at the end of all addresses.
func after(net netip.Prefix) (netip.Prefix, bool) {
	next := number(net.Addr()) + 1<<(32-net.Bits())
	if next > 1<<32-1 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address(next), net.Bits()), true
}

func number(a netip.Addr) uint64 {
	b := a.As4()
	return uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
}

func address(n uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
