package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/singleflight"
)

const (
	stagger    = 300 * time.Millisecond  // an upstream that is silent for so long gets a rival
	patience   = 3500 * time.Millisecond // for all upstreams; below the 4 s that an engine's resolver waits
	impatience = 1800 * time.Millisecond // when a stale answer is at hand, as RFC 8767 has it
	cacheSize  = 4096
	inFlight   = 256 // questions asked upstream at once
	udpSize    = 1232
)

// Errors of [Resolver.Resolve].
var (
	ErrNoUpstream = errors.New("no upstream resolver is known")
	ErrBusy       = errors.New("too many questions wait for upstream resolvers")
)

// Resolver answers from its cache or from the upstreams. It is safe for concurrent use.
type Resolver struct {
	log       *slog.Logger
	now       func() time.Time
	cache     *cache
	flights   singleflight.Group
	slots     chan struct{}
	upstreams atomic.Pointer[[]netip.AddrPort]
	patience  time.Duration
}

// New makes a resolver without upstreams; see [Resolver.Use].
func New(log *slog.Logger, now func() time.Time) *Resolver {
	r := &Resolver{log: log, now: now, cache: newCache(cacheSize), slots: make(chan struct{}, inFlight), patience: patience}
	r.Use(nil)
	return r
}

// Use replaces the upstreams; they are asked in this order.
func (r *Resolver) Use(upstreams []netip.AddrPort) { r.upstreams.Store(&upstreams) }

// Upstreams are those in use.
func (r *Resolver) Upstreams() []netip.AddrPort { return *r.upstreams.Load() }

// Resolve answers a query with one question. The answer has no id and no OPT; the caller makes it a reply. An error
// means that nobody answered and nothing is known, and is for the log: askers get SERVFAIL.
func (r *Resolver) Resolve(ctx context.Context, req *dns.Msg) (*dns.Msg, error) {
	key := questionOf(req)
	known, stale := r.cache.get(key, r.now())
	if known != nil && !stale {
		return known, nil
	}
	wait := r.patience
	if stale {
		wait = impatience
	}
	// Equal questions at one time are asked once. The one that asks must not end with one of the askers.
	v, err, _ := r.flights.Do(fmt.Sprint(key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
		defer cancel()
		return r.ask(ctx, key, req)
	})
	if err != nil {
		if stale {
			return known, nil
		}
		return nil, err
	}
	return v.(*dns.Msg).Copy(), nil
}

// ask asks the upstreams and keeps what they say. An equal question may have been answered since the caller looked.
func (r *Resolver) ask(ctx context.Context, key question, req *dns.Msg) (*dns.Msg, error) {
	if known, stale := r.cache.get(key, r.now()); known != nil && !stale {
		return known, nil
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	default:
		return nil, ErrBusy
	}
	msg, err := r.race(ctx, query(key, req))
	if err != nil {
		return nil, err
	}
	r.cache.put(key, msg, r.now())
	return msg, nil
}

// query is what is sent upstream: the question alone, with nothing of the asker's that is not needed.
func query(key question, req *dns.Msg) *dns.Msg {
	q := new(dns.Msg)
	q.SetQuestion(req.Question[0].Name, key.qtype)
	q.Question[0].Qclass = key.qclass
	q.CheckingDisabled = key.unchecked
	q.SetEdns0(udpSize, key.dnssec)
	return q
}

type outcome struct {
	msg *dns.Msg
	err error
}

// race asks the first upstream, and the next one each time that stagger passes or one fails. The first good answer
// wins.
func (r *Resolver) race(ctx context.Context, q *dns.Msg) (*dns.Msg, error) {
	upstreams := r.Upstreams()
	if len(upstreams) == 0 {
		return nil, ErrNoUpstream
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan outcome, len(upstreams))
	next, open := 0, 0
	start := func() {
		if next < len(upstreams) {
			go func(server string) { results <- exchange(ctx, server, q.Copy(), r.patience) }(upstreams[next].String())
			next++
			open++
		}
	}
	tick := time.NewTicker(stagger)
	defer tick.Stop()
	start()
	var last error
	for open > 0 {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("ask upstream resolvers: %w", errors.Join(ctx.Err(), last))
		case <-tick.C:
			start()
		case o := <-results:
			open--
			if o.err == nil {
				return o.msg, nil
			}
			last = o.err
			start()
		}
	}
	return nil, fmt.Errorf("ask upstream resolvers: %w", last)
}

// exchange asks one upstream over UDP, and over TCP when the answer did not fit. An upstream that fails or refuses
// counts as an error, so that another is asked.
func exchange(ctx context.Context, server string, q *dns.Msg, patience time.Duration) outcome {
	q.Id = dns.Id()
	msg, _, err := (&dns.Client{Net: "udp", UDPSize: udpSize, Timeout: patience}).ExchangeContext(ctx, q, server)
	if err == nil && msg.Truncated {
		msg, _, err = (&dns.Client{Net: "tcp", Timeout: patience}).ExchangeContext(ctx, q, server)
	}
	switch {
	case err != nil:
		return outcome{err: fmt.Errorf("ask %s: %w", server, err)}
	case len(msg.Question) != 1 || questionOf(msg).name != questionOf(q).name || msg.Question[0].Qtype != q.Question[0].Qtype:
		return outcome{err: fmt.Errorf("ask %s: it answered another question", server)}
	case msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError:
		return outcome{err: fmt.Errorf("ask %s: it answered %s", server, dns.RcodeToString[msg.Rcode])}
	}
	msg.Extra = withoutOPT(msg.Extra)
	return outcome{msg: msg}
}

// withoutOPT drops the OPT record: it speaks of one hop only.
func withoutOPT(rrs []dns.RR) []dns.RR {
	var rest []dns.RR
	for _, rr := range rrs {
		if rr.Header().Rrtype != dns.TypeOPT {
			rest = append(rest, rr)
		}
	}
	return rest
}
