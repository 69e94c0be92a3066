package forward

import (
	"container/list"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// How long answers are kept, beyond what they say themselves.
const (
	maxPositive = 24 * time.Hour
	maxNegative = 5 * time.Minute
	maxStale    = 24 * time.Hour // past the end of its TTL
	staleTTL    = 30             // seconds, what a stale answer says
)

// question is what an answer is kept under.
type question struct {
	name          string // lower case
	qtype, qclass uint16
	dnssec        bool // the asker takes DNSSEC records
	unchecked     bool // the asker checks them itself
}

func questionOf(req *dns.Msg) question {
	q := req.Question[0]
	opt := req.IsEdns0()
	return question{
		name: dns.CanonicalName(q.Name), qtype: q.Qtype, qclass: q.Qclass,
		dnssec: opt != nil && opt.Do(), unchecked: req.CheckingDisabled,
	}
}

// cache holds the latest answers, at most size; the one unused for longest goes first. It is safe for concurrent use.
type cache struct {
	size int

	mu      sync.Mutex
	entries map[question]*list.Element
	recent  *list.List // of *kept, latest used first
}

type kept struct {
	key     question
	msg     *dns.Msg
	stored  time.Time
	expires time.Time
}

func newCache(size int) *cache {
	return &cache{size: size, entries: map[question]*list.Element{}, recent: list.New()}
}

// get gives a copy of a kept answer with its TTLs run down to now. A stale one is past its time but may still be
// served when nobody else answers. It is nil when nothing usable is kept.
func (c *cache) get(q question, now time.Time) (msg *dns.Msg, stale bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.entries[q]
	if !ok {
		return nil, false
	}
	k := el.Value.(*kept)
	if now.After(k.expires.Add(maxStale)) {
		c.drop(el)
		return nil, false
	}
	c.recent.MoveToFront(el)
	msg = k.msg.Copy()
	if !now.Before(k.expires) {
		setTTL(msg, func(uint32) uint32 { return staleTTL })
		return msg, true
	}
	passed := uint32(now.Sub(k.stored) / time.Second)
	setTTL(msg, func(ttl uint32) uint32 { return ttl - min(ttl, passed) })
	return msg, false
}

// put keeps an answer for as long as it may be kept; one that may not be is not stored.
func (c *cache) put(q question, msg *dns.Msg, now time.Time) {
	life := lifetime(msg)
	if life <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[q]; ok {
		c.drop(el)
	}
	c.entries[q] = c.recent.PushFront(&kept{key: q, msg: msg.Copy(), stored: now, expires: now.Add(life)})
	for len(c.entries) > c.size {
		c.drop(c.recent.Back())
	}
}

func (c *cache) drop(el *list.Element) {
	delete(c.entries, el.Value.(*kept).key)
	c.recent.Remove(el)
}

// lifetime is how long an answer may be kept: the smallest TTL of its records, or for an absence what the SOA says
// (RFC 2308). Zero is not at all.
func lifetime(msg *dns.Msg) time.Duration {
	if msg.Truncated || (msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError) {
		return 0
	}
	if msg.Rcode == dns.RcodeSuccess && len(msg.Answer) > 0 {
		ttl := ^uint32(0)
		for _, rr := range msg.Answer {
			ttl = min(ttl, rr.Header().Ttl)
		}
		return min(time.Duration(ttl)*time.Second, maxPositive)
	}
	for _, rr := range msg.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(time.Duration(min(soa.Minttl, soa.Hdr.Ttl))*time.Second, maxNegative)
		}
	}
	return 0
}

func setTTL(msg *dns.Msg, ttl func(uint32) uint32) {
	for _, section := range [][]dns.RR{msg.Answer, msg.Ns, msg.Extra} {
		for _, rr := range section {
			// In an OPT the field holds flags.
			if h := rr.Header(); h.Rrtype != dns.TypeOPT {
				h.Ttl = ttl(h.Ttl)
			}
		}
	}
}
