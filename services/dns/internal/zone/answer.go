package zone

import (
	"net/netip"

	"github.com/miekg/dns"
)

// Reply is an authoritative answer: a response code, records, and the SOA that says how long an absence may be kept.
type Reply struct {
	Rcode     int
	Answer    []dns.RR
	Authority []dns.RR
}

// Shuffle orders n things by swapping pairs, as rand.Shuffle does.
type Shuffle func(n int, swap func(i, j int))

// Answer answers a question that came in on a network's gateway: that network's names only. ours is false when the
// name belongs to nobody here, so that it may be asked of others; an unknown network has no names.
func (z *Zone) Answer(network string, q dns.Question, shuffle Shuffle) (reply Reply, ours bool) {
	name := dns.CanonicalName(q.Name)
	n := z.networks[network]
	switch {
	case dns.IsSubDomain(apex, name):
		if n == nil {
			return negative(apex, dns.RcodeNameError), true
		}
		return n.index.answer(name, q, shuffle), true
	case dns.IsSubDomain("in-addr.arpa.", name):
		return z.answerReverse(n, name, q)
	}
	return Reply{}, false
}

func (x *index) answer(name string, q dns.Question, shuffle Shuffle) Reply {
	if name == apex && (q.Qtype == dns.TypeSOA || q.Qtype == dns.TypeNS) {
		return apexReply(q)
	}
	found, ok := x.forward[name]
	if !ok {
		return negative(apex, dns.RcodeNameError)
	}
	// RFC 8482: ANY may be answered with less than everything; the addresses are all there is.
	if len(found.addrs) == 0 || (q.Qtype != dns.TypeA && q.Qtype != dns.TypeANY) {
		return negative(apex, dns.RcodeSuccess)
	}
	rrs := make([]dns.RR, len(found.addrs))
	for i, a := range found.addrs {
		rrs[i] = &dns.A{Hdr: header(q.Name, dns.TypeA, found.ttl), A: a.AsSlice()}
	}
	if len(rrs) > 1 {
		shuffle(len(rrs), func(i, j int) { rrs[i], rrs[j] = rrs[j], rrs[i] })
	}
	return Reply{Answer: rrs}
}

func apexReply(q dns.Question) Reply {
	if q.Qtype == dns.TypeNS {
		return Reply{Answer: []dns.RR{&dns.NS{Hdr: header(q.Name, dns.TypeNS, ttlSet), Ns: "ns." + apex}}}
	}
	return Reply{Answer: []dns.RR{soa(apex)}}
}

// negative says that a name, or its type, does not exist: it carries the SOA of the zone it is missing from.
func negative(owner string, rcode int) Reply {
	return Reply{Rcode: rcode, Authority: []dns.RR{soa(owner)}}
}

func soa(owner string) dns.RR {
	return &dns.SOA{
		Hdr: header(owner, dns.TypeSOA, ttlNegative), Ns: "ns." + apex, Mbox: "hostmaster." + apex,
		Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: ttlNegative,
	}
}

func header(name string, rrtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}

// answerReverse answers for every address of the host's networks, so that none of them is asked for upstream. Only the
// asker's own network has names.
func (z *Zone) answerReverse(own *network, name string, q dns.Question) (Reply, bool) {
	rev, ok := parseReverse(name)
	if !ok {
		return Reply{}, false
	}
	if own != nil && rev.within(own.index.subnet) {
		return own.index.answerReverse(rev, q), true
	}
	for _, n := range z.networks {
		if rev.within(n.index.subnet) {
			return negative(reverseApex(n.index.subnet), dns.RcodeNameError), true
		}
	}
	return Reply{}, false
}

func (x *index) answerReverse(rev reverseName, q dns.Question) Reply {
	owner := reverseApex(x.subnet)
	if !rev.whole() {
		return negative(owner, dns.RcodeSuccess) // a name that only has others below it
	}
	target, ok := x.reverse[rev.prefix.Addr()]
	if !ok {
		return negative(owner, dns.RcodeNameError)
	}
	if rev.below || (q.Qtype != dns.TypePTR && q.Qtype != dns.TypeANY) {
		return negative(owner, rev.rcode())
	}
	return Reply{Answer: []dns.RR{&dns.PTR{Hdr: header(q.Name, dns.TypePTR, ttlSingle), Ptr: target}}}
}

// Owns reports whether addr is the gateway of a network of this host, an address where this server itself answers.
func (z *Zone) Owns(addr netip.Addr) bool {
	for _, n := range z.networks {
		if n.index.gateway == addr {
			return true
		}
	}
	return false
}
