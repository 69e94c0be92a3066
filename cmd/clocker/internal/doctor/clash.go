package doctor

import (
	"fmt"
	"net/netip"
	"strings"
)

// judgeRoutes is about what this machine routes elsewhere. Applications get networks around it, as long as there is a place.
func judgeRoutes(f Facts) []Finding {
	if !f.Pool.IsValid() {
		return nil
	}
	var some []netip.Prefix
	for _, r := range f.Routes {
		if r.Bits() == 0 || !r.Overlaps(f.Pool) {
			continue
		}
		if r.Bits() <= f.Pool.Bits() {
			return []Finding{fault("pool-routed", fmt.Sprintf("this machine routes %s, which has all of Clocker's pool of addresses %s: no application can have a network",
				r, f.Pool), "give Clocker another pool: CLOCKER_POOL=10.64.0.0/13 clocker up")}
		}
		some = append(some, r)
	}
	if len(some) > 0 {
		return []Finding{warning("pool-shared", fmt.Sprintf("this machine routes %s, inside Clocker's pool of addresses %s: applications get networks around it",
			list(some), f.Pool), "for a pool without: CLOCKER_POOL=10.64.0.0/13 clocker up")}
	}
	return []Finding{fine("pool", "the pool of addresses %s meets no route of this machine", f.Pool)}
}

// judgeOthers is about other installations in this Engine. Each touches what has its own label alone, but one address
// is one address: networks of two that overlap cannot both be there.
func judgeOthers(f Facts) []Finding {
	if f.Engine.Host == "" || f.Engine.Trouble != "" {
		return nil
	}
	var out []Finding
	for _, o := range f.Others {
		if o.ID == f.Data.Installation || o.ID == f.API.Installation {
			continue
		}
		out = append(out, other(f, o))
	}
	if len(out) == 0 {
		out = append(out, fine("installation", "no other installation has anything in this Engine"))
	}
	return out
}

func other(f Facts, o Installation) Finding {
	var inPool []string
	for _, n := range o.Networks {
		if f.Pool.IsValid() && n.CIDR.IsValid() && n.CIDR.Overlaps(f.Pool) {
			inPool = append(inPool, fmt.Sprintf("%s (%s)", n.Name, n.CIDR))
		}
	}
	has := fmt.Sprintf("%d container(s), %d network(s) and %d volume(s) in this Engine", o.Containers, len(o.Networks), o.Volumes)
	switch {
	case o.Runs.PID != 0 && len(inPool) > 0:
		return fault("clash-pool", fmt.Sprintf("installation %s, which runs as process %d on %s, takes its addresses from our pool %s: its networks %s",
			o.ID, o.Runs.PID, o.Dir, f.Pool, strings.Join(inPool, ", ")), "give one of the two another pool: CLOCKER_POOL=10.64.0.0/13 clocker up")
	case o.Runs.PID != 0:
		return warning("clash-installation", fmt.Sprintf("installation %s, which runs as process %d on %s, has %s, too", o.ID, o.Runs.PID, o.Dir, has),
			"nothing needs to be done: each touches its own things alone; host ports are shared")
	case len(inPool) > 0:
		return fault("clash-leftover", fmt.Sprintf("installation %s, of which no Clocker is seen on this machine, has %s; they take addresses of our pool %s: %s",
			o.ID, has, f.Pool, strings.Join(inPool, ", ")), leftover(o)...)
	}
	return warning("leftover", fmt.Sprintf("installation %s, of which no Clocker is seen on this machine, has %s", o.ID, has), leftover(o)...)
}

// leftover is how to take away what is left of an installation. It is not said to do so: it may run in containers.
func leftover(o Installation) []string {
	label := "label=io.clocker.installation=" + o.ID
	out := []string{"if it still runs, in containers or under another account, leave it, and give one of the two another pool with CLOCKER_POOL"}
	if o.Containers > 0 {
		out = append(out, "if it is gone for good: docker rm -f $(docker ps -aq --filter "+label+")")
	}
	if len(o.Networks) > 0 {
		out = append(out, "its networks, when it is gone for good: docker network rm $(docker network ls -q --filter "+label+")")
	}
	if o.Volumes > 0 {
		out = append(out, "its data, for ever: docker volume rm $(docker volume ls -q --filter "+label+")")
	}
	return out
}
