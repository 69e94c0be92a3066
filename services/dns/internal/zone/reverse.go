package zone

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// reverseName is a name under in-addr.arpa: the addresses it stands for. below says that it has labels under a whole
// address, which no name of ours has.
type reverseName struct {
	prefix netip.Prefix
	below  bool
}

// parseReverse reads 3.2.1.10.in-addr.arpa. and shorter or longer names; false when a label is no octet.
func parseReverse(name string) (reverseName, bool) {
	labels := dns.SplitDomainName(strings.TrimSuffix(name, "in-addr.arpa."))
	if len(labels) == 0 {
		return reverseName{}, false
	}
	var r reverseName
	var octets [4]byte
	bits := 0
	for i := len(labels) - 1; i >= 0; i-- {
		if bits == 32 {
			r.below = true
			break
		}
		v, err := strconv.ParseUint(labels[i], 10, 8)
		if err != nil || (len(labels[i]) > 1 && labels[i][0] == '0') {
			return reverseName{}, false
		}
		octets[bits/8] = byte(v)
		bits += 8
	}
	r.prefix = netip.PrefixFrom(netip.AddrFrom4(octets), bits)
	return r, true
}

func (r reverseName) whole() bool { return r.prefix.Bits() == 32 }

func (r reverseName) within(subnet netip.Prefix) bool {
	return subnet.IsValid() && r.prefix.Bits() >= subnet.Bits() && subnet.Contains(r.prefix.Addr())
}

func (r reverseName) rcode() int {
	if r.below {
		return dns.RcodeNameError
	}
	return dns.RcodeSuccess
}

// reverseApex is the name of the smallest reverse zone on octets that holds the subnet: 10.200.4.0/22 gives
// 200.10.in-addr.arpa.
func reverseApex(subnet netip.Prefix) string {
	octets := subnet.Addr().As4()
	var b strings.Builder
	for i := subnet.Bits()/8 - 1; i >= 0; i-- {
		b.WriteString(strconv.Itoa(int(octets[i])))
		b.WriteByte('.')
	}
	return b.String() + "in-addr.arpa."
}
