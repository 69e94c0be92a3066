package server

import (
	"context"
	"net"
	"net/netip"

	"github.com/miekg/dns"

	"clocker.io/services/dns/internal/zone"
)

const maxUDP = 1232 // bytes: what passes everywhere without fragments

// handler answers what comes in on one network's gateway.
func (s *Server) handler(ctx context.Context, at zone.Listener) dns.HandlerFunc {
	return func(w dns.ResponseWriter, req *dns.Msg) {
		reply := s.reply(ctx, at, source(w.RemoteAddr()), req)
		finish(reply, req, isUDP(w))
		s.cfg.Count(reply.Rcode)
		if err := w.WriteMsg(reply); err != nil {
			s.cfg.Log.Debug("write DNS reply", "network", at.Network, "reason", err)
		}
	}
}

// reply decides one question: refused, answered from the zone, or asked of others.
func (s *Server) reply(ctx context.Context, at zone.Listener, from netip.Addr, req *dns.Msg) *dns.Msg {
	if rcode := refusal(at, from, req); rcode != dns.RcodeSuccess {
		return new(dns.Msg).SetRcode(req, rcode)
	}
	if answer, ours := s.cfg.Zone().Answer(at.Network, req.Question[0], s.cfg.Shuffle); ours {
		m := new(dns.Msg).SetRcode(req, answer.Rcode)
		m.Authoritative, m.RecursionAvailable = true, true
		m.Answer, m.Ns = answer.Answer, answer.Authority
		return m
	}
	if !req.RecursionDesired {
		return new(dns.Msg).SetRcode(req, dns.RcodeRefused)
	}
	known, err := s.cfg.Forward(ctx, req)
	if err != nil {
		s.cfg.Log.Debug("forward question", "network", at.Network, "name", req.Question[0].Name, "reason", err)
		m := new(dns.Msg).SetRcode(req, dns.RcodeServerFailure)
		m.RecursionAvailable = true
		return m
	}
	m := new(dns.Msg).SetRcode(req, known.Rcode)
	m.RecursionAvailable, m.AuthenticatedData = true, known.AuthenticatedData
	m.Answer, m.Ns, m.Extra = known.Answer, known.Ns, known.Extra
	return m
}

// refusal is the response code for what is not answered at all, RcodeSuccess for the rest.
func refusal(at zone.Listener, from netip.Addr, req *dns.Msg) int {
	switch {
	case !at.Subnet.Contains(from):
		return dns.RcodeRefused
	case req.Opcode != dns.OpcodeQuery:
		return dns.RcodeNotImplemented
	case len(req.Question) != 1:
		return dns.RcodeFormatError
	}
	if opt := req.IsEdns0(); opt != nil && opt.Version() != 0 {
		return dns.RcodeBadVers
	}
	q := req.Question[0]
	if q.Qclass != dns.ClassINET || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR {
		return dns.RcodeRefused
	}
	return dns.RcodeSuccess
}

// finish makes a reply fit its way back: an OPT if the question had one, cut with TC set if it is too large for UDP.
func finish(reply, req *dns.Msg, udp bool) {
	size := dns.MaxMsgSize
	if udp {
		size = dns.MinMsgSize
	}
	if opt := req.IsEdns0(); opt != nil {
		reply.SetEdns0(maxUDP, opt.Do())
		if udp {
			size = max(dns.MinMsgSize, min(int(opt.UDPSize()), maxUDP))
		}
	}
	reply.Compress = true
	reply.Truncate(size)
}

func isUDP(w dns.ResponseWriter) bool {
	_, ok := w.RemoteAddr().(*net.UDPAddr)
	return ok
}

// source is the asker's address; one that cannot be told is in no subnet.
func source(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
