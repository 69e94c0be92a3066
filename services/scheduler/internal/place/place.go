package place

import (
	"cmp"
	"math"
	"slices"

	"clocker.io/pkg/clocker"
)

// Request is a container that looks for a host.
type Request struct {
	Container  clocker.Container
	Memory     int64 // bytes it reserves
	Millicores int64 // thousandths of a core it reserves
	Ports      []clocker.PortBinding
	Strategies []clocker.Strategy // the entity's
	Host       string             // tried before all others while it fits; empty for no wish
	// Own is what older generations of the same container still reserve, by host. It is about to be free: a host that
	// fits only with it is worth waiting for.
	Own map[string]Load
	// Insist takes a host also where another program was seen to hold a fixed port of the request: there is no better one.
	Insist bool
}

// Load is what containers reserve on a host: bytes, thousandths of a core.
type Load struct {
	Containers int
	Memory     int64
	Millicores int64
}

// Port is a port of a host.
type Port struct {
	Protocol string
	Number   int
}

// Holder is whose a host port is, and which of its own ports it publishes there. A leased port stays its holder's
// between generations; a fixed one is given back with the generation.
type Holder struct {
	Key           clocker.Key
	Path          string // shop/web/0, for reasons
	Generation    int64  // the newest that has it
	ContainerPort int
	Fixed         bool
}

// Host is a host as placement sees it.
type Host struct {
	ID         string
	State      clocker.HostState
	Cordoned   bool  // somebody keeps new containers off it
	Memory     int64 // bytes it offers
	Millicores int64 // thousandths of a core it offers
	Load       Load  // reserved by everybody, the asker's older generations included
	Ports      map[Port]Holder
	Foreign    map[Port]bool // held by programs that are not Clocker's, as last seen
}

// Cloud is the pool to choose from and its settings. MaxContainers of 0 sets no limit.
type Cloud struct {
	Name          string
	MaxContainers int
	Strategies    []clocker.Strategy
	Hosts         []Host
}

// Choice is a host that fits. With Wait it fits only once the older generations of the same container have left it:
// nothing may be reserved before.
type Choice struct {
	Host string
	Wait bool
}

// Millicores turns a number of cores into thousandths, rounded, so that sums are exact.
func Millicores(cores float64) int64 { return int64(math.Round(cores * 1000)) }

// Choose finds the host of a request: the wished one when it fits, else the head of what the strategies leave, else one
// that will fit when the container's older generations are gone. A host on which another program holds a fixed port of
// the request is taken when there is no other: the program may have ended, and else the agent says who it is. The error
// is an *Unplaceable.
func Choose(req Request, cloud Cloud) (Choice, error) {
	chain, err := chainOf(req, cloud)
	if err != nil {
		return Choice{}, err
	}
	hosts := slices.Clone(cloud.Hosts)
	slices.SortFunc(hosts, func(a, b Host) int { return cmp.Compare(a.ID, b.ID) })

	choice, err := choose(req, cloud, chain, hosts)
	if err != nil && slices.ContainsFunc(hosts, func(h Host) bool { return contested(req, h) }) {
		req.Insist = true
		return choose(req, cloud, chain, hosts)
	}
	return choice, err
}

func choose(req Request, cloud Cloud, chain chain, hosts []Host) (Choice, error) {
	now := req
	now.Own = nil
	for _, try := range []struct {
		req  Request
		wait bool
	}{{now, false}, {req, true}} {
		if i := slices.IndexFunc(hosts, func(h Host) bool { return h.ID == req.Host }); i >= 0 {
			if left, _ := chain.run(try.req, hosts[i:i+1]); len(left) > 0 {
				return Choice{Host: req.Host, Wait: try.wait}, nil
			}
		}
	}
	if left, _ := chain.run(now, hosts); len(left) > 0 {
		return Choice{Host: left[0].ID}, nil
	}
	left, refusals := chain.run(req, hosts)
	if len(left) > 0 {
		return Choice{Host: left[0].ID, Wait: true}, nil
	}
	return Choice{}, &Unplaceable{Cloud: cloud.Name, Refusals: refusals, MoreHosts: true}
}

// free is the load of a host as the request sees it: without its own older generations.
func (r Request) free(h Host) Load {
	own := r.Own[h.ID]
	return Load{
		Containers: h.Load.Containers - own.Containers,
		Memory:     h.Load.Memory - own.Memory,
		Millicores: h.Load.Millicores - own.Millicores,
	}
}
