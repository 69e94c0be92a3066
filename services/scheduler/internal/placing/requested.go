package placing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/trace"
	"clocker.io/services/scheduler/internal/place"
	"clocker.io/services/scheduler/internal/store"
)

// Requested places a container, or parks it and says why. The first of a cloud that another host could help asks for
// one.
func Requested(ctx context.Context, s *store.Store, e bus.Received[events.ContainerRequested]) ([]events.Event, error) {
	c, err := s.Look(ctx, e.Event.Container)
	if err != nil || known(c, e.Event.Generation) {
		return nil, err
	}
	if p := c.Parked; p != nil { // an older generation
		s.Unpark(p.Request.Cloud, e.Event.Container)
	}
	cloud, err := s.Cloud(ctx, e.Event.Cloud)
	if err != nil {
		return nil, err
	}
	a := attempt{s: s, cloud: cloud}
	facts, err := a.try(&store.Parked{
		Request: e.Event, Own: c.Held, Trace: trace.Parent(ctx), Shape: store.ShapeOf(e.Event, len(c.Held) > 0 || c.Ports),
	})
	if err != nil {
		return nil, err
	}
	return facts, s.Flush(ctx)
}

// attempt is a try to place containers of a cloud. With figures, reasons that differ in figures alone are written too,
// which nobody but a reader of the parked rows cares for.
type attempt struct {
	s       *store.Store
	cloud   *store.Cloud
	figures bool
}

// known reports whether a request is no news: withdrawn, or this generation or a newer one is placed or parked.
func known(c *store.Container, generation int64) bool {
	if generation <= c.Floor || c.Parked != nil && c.Parked.Request.Generation >= generation {
		return true
	}
	return len(c.Held) > 0 && c.Held[len(c.Held)-1].Generation >= generation
}

// try places a container or parks it, in the tables' and the cloud's view, and says what is news of that.
func (a attempt) try(p *store.Parked) ([]events.Event, error) {
	host, why, err := a.choose(p)
	switch {
	case err != nil:
		return nil, err
	case why != nil:
		return a.park(p, *why)
	}
	return a.reserve(p, host)
}

// choose finds the host of a container, or says why there is none for now.
func (a attempt) choose(p *store.Parked) (host string, why *place.Unplaceable, err error) {
	choice, err := place.Choose(requestOf(p), a.cloud.Cloud)
	switch {
	case errors.As(err, &why):
		return "", why, nil
	case err == nil && choice.Wait:
		return "", &place.Unplaceable{Problem: waits(p, choice.Host)}, nil
	}
	return choice.Host, nil, err
}

// reserve places a container on a host that was chosen for it.
func (a attempt) reserve(p *store.Parked, host string) ([]events.Event, error) {
	e := p.Request
	ports, err := place.Bind(requestOf(p), hostOf(a.cloud, host))
	if err != nil {
		return nil, fmt.Errorf("bind ports of %s: %w", e.Path(), err)
	}
	if err := a.s.Reserve(a.cloud, e, host, ports); err != nil {
		return nil, err
	}
	return []events.Event{under(p, events.ContainerPlaced{
		Container: e.Container, Cloud: a.cloud.Name, Host: host, Ports: ports, CIDR: e.CIDR,
	})}, nil
}

// under keeps a fact about a container in the trace of what asked for it, also when another one's end made room.
func under(p *store.Parked, e events.Event) events.Event {
	if p.Trace == "" {
		return e
	}
	return events.Linked{Event: e, Trace: p.Trace}
}

func requestOf(p *store.Parked) place.Request {
	e := p.Request
	load := store.LoadOf(e)
	req := place.Request{
		Container: e.Container, Memory: load.Memory, Millicores: load.Millicores, Ports: e.Ports,
		Strategies: e.Strategies, Host: e.Host, Own: map[string]place.Load{},
	}
	for _, r := range p.Own {
		if r.Generation < e.Generation {
			own := req.Own[r.Host]
			req.Own[r.Host] = place.Load{
				Containers: own.Containers + r.Containers, Memory: own.Memory + r.Memory, Millicores: own.Millicores + r.Millicores,
			}
		}
	}
	return req
}

func hostOf(cloud *store.Cloud, id string) place.Host {
	return cloud.Hosts[slices.IndexFunc(cloud.Hosts, func(h place.Host) bool { return h.ID == id })]
}

func waits(p *store.Parked, host string) string {
	var older []string
	for _, r := range p.Own {
		if r.Host == host && r.Generation < p.Request.Generation {
			older = append(older, fmt.Sprint(r.Generation))
		}
	}
	return fmt.Sprintf("waits until generation %s has left %s", strings.Join(older, " and "), host)
}

// park writes down why a container waits, and says so, when that is news. The first of a cloud that another host could help
// asks for one, and so does every new one after a refusal, which may have been about another container's wishes.
func (a attempt) park(was *store.Parked, why place.Unplaceable) ([]events.Event, error) {
	p, news := a.judged(was, why)
	if !news {
		return nil, nil
	}
	if err := a.s.Park(a.cloud, &p); err != nil {
		return nil, err
	}
	facts := []events.Event{waiting(p.Request.Container, p.Reason)}
	if p.Short && (!a.cloud.Short || was.Reason == "" && a.cloud.Failure != "") {
		facts = append(facts, a.ask(p.Reason)...)
	}
	return facts, nil
}

// judged is a container with why it waits now, and whether that is news.
func (a attempt) judged(was *store.Parked, why place.Unplaceable) (p store.Parked, news bool) {
	p = *was
	p.Refusals, p.Short, p.Reason, p.Failure = why.Refusals, why.MoreHosts, why.Error(), ""
	if p.Short && a.cloud.Failure != "" {
		p.Failure = a.cloud.Failure
		p.Reason += "; no other host can be had: " + a.cloud.Failure
	}
	return p, was.Reason == "" || p.Short != was.Short || !sameNews(was, &p)
}

// sameNews reports whether two reasons differ in figures at most.
func sameNews(a, b *store.Parked) bool {
	if len(a.Refusals) == 0 || len(b.Refusals) == 0 {
		return a.Reason == b.Reason
	}
	return a.Failure == b.Failure && place.SameKind(a.Refusals, b.Refusals)
}

// ask states that a cloud needs a host, unless that was stated and is not answered yet.
func (a attempt) ask(reason string) []events.Event {
	if a.cloud.Asked {
		return nil
	}
	a.s.Shortage(a.cloud, true, a.cloud.Failure)
	return []events.Event{events.HostNeeded{Cloud: a.cloud.Name, Reason: reason}}
}

func waiting(of clocker.Container, reason string) events.Event {
	return events.ContainerWaiting{Container: of, Stage: "place", Reason: reason}
}
