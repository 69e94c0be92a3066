package plan

import (
	"fmt"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
)

const (
	// patience is how long a machine may take to show up, or a host to become ready, before users are told.
	patience = 60 * time.Second
	// settle is how long a shortage may outlive a host that became ready: the scheduler places meanwhile.
	settle = 2 * time.Second
)

// Cloud is a cloud with a shortage, and the hosts it has.
type Cloud struct {
	Name     string
	Location string
	MaxHosts int
	Short    bool      // containers wait for a host
	Since    time.Time // of the shortage
	Answered string    // the failure that was stated for it already; empty when none
	Hosts    []Host    // those that are gone left out
	// Elsewhere are the hosts that other clouds have of the same location, in words.
	Elsewhere []string
}

// Host is a host of a cloud. Since is when it came to its state.
type Host struct {
	Name  string
	State clocker.HostState
	Since time.Time
}

// Machine is one that the cloud's location could make a host of.
type Machine struct {
	Name string
}

// Decision is what to do about a cloud now: at most one of its fields is set, and nothing means wait.
type Decision struct {
	Want string // make this machine a host
	Fail string // state HostFailed with this reason
}

// For decides about one cloud, given the machines that its location offers and that are no hosts yet, best first.
func For(c Cloud, machines []Machine, now time.Time) Decision {
	if !c.Short {
		return Decision{}
	}
	coming, late := underway(c.Hosts, now)
	switch {
	case coming:
		return Decision{}
	case late != "":
		return fail(c, late)
	case len(c.Hosts) >= c.MaxHosts:
		return fail(c, taken(c))
	case len(machines) > 0:
		return Decision{Want: machines[0].Name}
	case len(c.Elsewhere) > 0:
		return fail(c, fmt.Sprintf("location %s has no machine left for cloud %s: %s", c.Location, c.Name, strings.Join(c.Elsewhere, ", ")))
	case now.Sub(c.Since) >= patience:
		return fail(c, fmt.Sprintf("no agent offered itself to location %s within %d s: is the Docker Engine running? "+
			"see the output of clocker up", c.Location, int(patience.Seconds())))
	}
	return Decision{}
}

// underway reports whether a host is on its way or has only just become ready, and in words when one takes too long.
func underway(hosts []Host, now time.Time) (coming bool, late string) {
	for _, h := range hosts {
		age := now.Sub(h.Since)
		switch {
		case h.State == clocker.HostReadyState && age < settle:
			coming = true
		case h.State != clocker.HostRequested && h.State != clocker.HostProvisioning:
		case age < patience:
			coming = true
		case h.State == clocker.HostRequested:
			late = fmt.Sprintf("host %s was called %d s ago and its agent has not registered: is the Docker Engine running? "+
				"see the output of clocker up", h.Name, int(patience.Seconds()))
		default:
			late = fmt.Sprintf("host %s registered and has not reported ready within %d s: see the output of its agent",
				h.Name, int(patience.Seconds()))
		}
	}
	return coming, late
}

// fail states a reason once for each shortage.
func fail(c Cloud, reason string) Decision {
	if c.Answered == reason {
		return Decision{}
	}
	return Decision{Fail: reason}
}

func taken(c Cloud) string {
	names := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		names[i] = fmt.Sprintf("%s (%s)", h.Name, h.State)
	}
	if c.MaxHosts == 1 && len(names) == 1 {
		return fmt.Sprintf("location %s has one host and it is taken: %s", c.Location, names[0])
	}
	return fmt.Sprintf("cloud %s may have %d hosts and they are taken: %s", c.Name, c.MaxHosts, strings.Join(names, ", "))
}
