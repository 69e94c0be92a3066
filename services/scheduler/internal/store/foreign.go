package store

import (
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/scheduler/internal/place"
)

// Foreign writes down that other programs hold ports of a host, for as long as they are kept from being leased. The
// container that found out, of this generation or an older one, gives its leases of them up; what other containers
// have is theirs, whoever was seen there.
func (s *Store) Foreign(of clocker.Container, host string, held []clocker.HostPort, keep time.Duration) {
	protocols, numbers := make([]string, len(held)), make([]int32, len(held))
	for i, p := range held {
		protocols[i], numbers[i] = p.Protocol, int32(p.Port)
	}
	s.todo.Queue(`
		delete from ports where host = $1 and (protocol, port) in (select * from unnest($2::text[], $3::int[]))
		  and uid = $4 and entity = $5 and ordinal = $6 and generation <= $7 and not fixed`,
		host, protocols, numbers, of.UID, of.Entity, of.Ordinal, of.Generation)
	s.todo.Queue(`
		insert into foreign_ports as f (host, protocol, port, until)
		select distinct h.host, p.protocol, p.port, now() + $4::interval
		from hosts h, unnest($2::text[], $3::int[]) as p (protocol, port)
		where h.host = $1 and p.port between 1 and 65535 and not exists (
		  select from ports o where (o.host, o.protocol, o.port) = (h.host, p.protocol, p.port)
		  and (o.uid, o.entity, o.ordinal) <> ($5, $6, $7))
		on conflict (host, protocol, port) do update set until = greatest(f.until, excluded.until)`,
		host, protocols, numbers, keep, of.UID, of.Entity, of.Ordinal)
	for _, c := range s.clouds {
		c.foreign(of, host, held)
	}
}

// tryAgain forgets that another program was seen with a port that a container is given all the same: it is found out anew
// whether that is so.
func (s *Store) tryAgain(h *place.Host, b clocker.PortBinding) {
	p := place.Port{Protocol: b.Protocol, Number: b.HostPort}
	if h.Foreign[p] {
		delete(h.Foreign, p)
		s.todo.Queue(`delete from foreign_ports where host = $1 and protocol = $2 and port = $3`, h.ID, p.Protocol, p.Number)
	}
}

// foreign does to what was read of a cloud what Foreign does to the tables.
func (c *Cloud) foreign(of clocker.Container, host string, held []clocker.HostPort) {
	for i := range c.Hosts {
		h := &c.Hosts[i]
		if h.ID != host {
			continue
		}
		for _, n := range held {
			p := place.Port{Protocol: n.Protocol, Number: n.Port}
			holder, ours := h.Ports[p]
			switch {
			case ours && holder.Key != of.Key():
				continue
			case ours && !holder.Fixed && holder.Generation <= of.Generation:
				delete(h.Ports, p)
			}
			h.Foreign[p] = true
		}
	}
}
