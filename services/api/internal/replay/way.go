package replay

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// container takes in what policy states of a container's generations.
func (f *Fold) container(e events.Event) bool {
	switch e := e.(type) {
	case events.ContainerRequested:
		f.requested(e)
	case events.ContainerCleared:
		f.cleared[GenerationKey(e.Container)] = true
		f.sees(e.Container, e.Host, Fields{"state": "cleared"})
	case events.ContainerRefused:
		f.sees(e.Container, e.Host, Fields{"attempt": strconv.Itoa(e.Attempt)})
	case events.ContainerStarted:
		f.sees(e.Container, e.Host, Fields{"state": "started", "attempt": strconv.Itoa(e.Attempt)})
	case events.ContainerHealthy:
		f.sees(e.Container, e.Host, Fields{"state": "healthy", "attempt": strconv.Itoa(e.Attempt)})
	case events.ContainerUnhealthy:
		f.sees(e.Container, e.Host, Fields{"state": "unhealthy", "attempt": strconv.Itoa(e.Attempt)})
	case events.ContainerRestarted:
		f.sees(e.Container, e.Host, Fields{"attempt": strconv.Itoa(e.Attempt), "exitCode": strconv.Itoa(e.ExitCode)})
	case events.ContainerFailed:
		f.failed(e)
	case events.ContainerFinished:
		f.sees(e.Container, e.Host, Fields{"state": "finished", "exitCode": strconv.Itoa(e.ExitCode)})
	case events.ContainerWithdrawn:
		f.known(e.Application, e.UID)
		f.drop(Containers, GenerationKey(e.Container))
		f.set(Containers, GenerationKey(e.Container), Fields{"wanted": "false", "state": "withdrawn", "host": e.Host,
			"attempt": "0", "exitCode": "0"})
	case events.ContainerRemoved:
		f.set(Containers, GenerationKey(e.Container), Fields{"wanted": "false", "state": "removed"})
	case events.ContainerGone:
		f.drop(Containers, GenerationKey(e.Container))
		delete(f.cleared, GenerationKey(e.Container))
		delete(f.asked, GenerationKey(e.Container))
	default:
		return false
	}
	return true
}

func (f *Fold) requested(e events.ContainerRequested) {
	f.known(e.Application, e.UID)
	key := GenerationKey(e.Container)
	f.set(Containers, key, Fields{"wanted": "true", "state": "requested", "attempt": "0", "exitCode": "0"})
	f.asked[key] = Fields{"memory": strconv.FormatInt(e.Resources.ReservedMemory(), 10),
		"cores": number(math.Round(e.Resources.MinCores*1000) / 1000)}
}

// sees takes in what policy saw of a generation on a host.
func (f *Fold) sees(c clocker.Container, host string, fields Fields) {
	f.known(c.Application, c.UID)
	key := GenerationKey(c)
	f.set(Containers, key, Fields{"host": host})
	f.set(Containers, key, fields)
}

func (f *Fold) failed(e events.ContainerFailed) {
	key := GenerationKey(e.Container)
	if f.cleared[key] {
		f.sees(e.Container, e.Host, Fields{"state": "failed", "attempt": strconv.Itoa(e.Attempt), "exitCode": strconv.Itoa(e.ExitCode)})
		return
	}
	f.sees(e.Container, e.Host, nil)
	delete(f.model.Row(Containers, key), "state") // an image that is ready after all lets it go on
}

// address takes in what scheduler and ipam state.
func (f *Fold) address(e events.Event) bool {
	switch e := e.(type) {
	case events.ContainerPlaced:
		key := GenerationKey(e.Container)
		f.set(Placements, key, Fields{"cloud": e.Cloud, "host": e.Host, "ports": Ports(e.Ports)})
		f.set(Placements, key, f.asked[key])
		f.placed[e.Key()] = append(f.placed[e.Key()], e.Generation)
	case events.ContainerReleased:
		f.released(e.Container)
	case events.ContainerAddressed:
		f.addressed(e)
	case events.AddressReleased:
		if !e.Kept {
			f.drop(Leases, ContainerKey(e.Container))
			f.drop(Endpoints, ContainerKey(e.Container))
		}
	case events.EndpointChanged:
		f.changed(e)
	default:
		return false
	}
	return true
}

// released frees what a generation and all older ones hold.
func (f *Fold) released(c clocker.Container) {
	f.placed[c.Key()] = slices.DeleteFunc(f.placed[c.Key()], func(generation int64) bool {
		if generation > c.Generation {
			return false
		}
		of := c
		of.Generation = generation
		f.drop(Placements, GenerationKey(of))
		return true
	})
	if len(f.placed[c.Key()]) == 0 {
		delete(f.placed, c.Key())
	}
}

func (f *Fold) addressed(e events.ContainerAddressed) {
	key := ContainerKey(e.Container)
	f.mayLack(Leases, key, false)
	f.set(Leases, key, Fields{"network": e.Network, "address": e.Address, "mac": e.MAC})
	if f.model.Row(Endpoints, key) == nil {
		f.set(Endpoints, key, Fields{"healthy": "false"})
	}
	f.mayLack(Endpoints, key, f.model.Row(Endpoints, key)["healthy"] != "true")
}

// changed takes in whether an address answers. Which generation one that does not answer belongs to, if any, is not told.
func (f *Fold) changed(e events.EndpointChanged) {
	key := ContainerKey(e.Container)
	f.drop(Endpoints, key)
	f.set(Endpoints, key, Fields{"healthy": strconv.FormatBool(e.Healthy)})
	f.mayLack(Endpoints, key, !e.Healthy)
	if e.Healthy {
		f.set(Endpoints, key, Fields{"host": e.Host, "address": e.Address, "generation": strconv.FormatInt(e.Generation, 10)})
	}
}

// parting reports whether the log has a generation of the same container on its way back, beside the one with this key.
func (f *Fold) parting(key string) bool {
	at, of, _ := strings.Cut(key, " of ")
	path, _, _ := strings.Cut(at, " g")
	for other, row := range f.model[Containers] {
		if other != key && row["wanted"] == "false" && strings.HasPrefix(other, path+" g") && strings.HasSuffix(other, " of "+of) {
			return true
		}
	}
	return false
}
