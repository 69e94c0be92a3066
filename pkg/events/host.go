package events

import "clocker.io/pkg/clocker"

// HostNeeded says that a cloud has no host for some container: look at the shortage, it does not mean one host more.
type HostNeeded struct {
	Cloud  string `json:"cloud"`
	Reason string `json:"reason"`
}

// HostReady says that a host takes containers: its agent is registered under Epoch and has applied its snapshot.
type HostReady struct {
	Cloud    string           `json:"cloud"`
	Host     string           `json:"host"`
	Epoch    int64            `json:"epoch"`
	Location string           `json:"location"`
	Address  string           `json:"address"`
	Capacity clocker.Capacity `json:"capacity"`
	Engine   clocker.Engine   `json:"engine"`
}

// HostSuspected says that a host's agent or Engine is silent: no new placements there, nothing is replaced.
type HostSuspected struct {
	Cloud  string `json:"cloud"`
	Host   string `json:"host"`
	Epoch  int64  `json:"epoch"`
	Reason string `json:"reason"`
}

// HostCordoned says that somebody keeps new containers off a host; those that it has go on.
type HostCordoned struct {
	Cloud string `json:"cloud"`
	Host  string `json:"host"`
	By    string `json:"by,omitempty"` // who asked: the name and id of a token
}

// HostUncordoned says that a cordoned host takes containers again.
type HostUncordoned struct {
	Cloud string `json:"cloud"`
	Host  string `json:"host"`
	By    string `json:"by,omitempty"`
}

// HostFailed says that a cloud cannot have the host it needs, and why.
type HostFailed struct {
	Cloud  string `json:"cloud"`
	Reason string `json:"reason"`
}

// OrphanCollected says that a thing of ours that no row owned was removed.
type OrphanCollected struct {
	Host string `json:"host,omitempty"`
	Kind string `json:"kind"` // container, network, volume, image, lease, reservation
	Name string `json:"name"`
}

func (HostNeeded) Topic() string      { return "host.needed" }
func (HostReady) Topic() string       { return "host.ready" }
func (HostSuspected) Topic() string   { return "host.suspected" }
func (HostCordoned) Topic() string    { return "host.cordoned" }
func (HostUncordoned) Topic() string  { return "host.uncordoned" }
func (HostFailed) Topic() string      { return "host.failed" }
func (OrphanCollected) Topic() string { return "orphan.collected" }

func (e HostNeeded) Scope() Scope     { return Scope{Tokens: []string{e.Cloud}} }
func (e HostReady) Scope() Scope      { return Scope{Host: e.Host, Tokens: []string{e.Cloud, e.Host}} }
func (e HostSuspected) Scope() Scope  { return Scope{Host: e.Host, Tokens: []string{e.Cloud, e.Host}} }
func (e HostCordoned) Scope() Scope   { return Scope{Host: e.Host, Tokens: []string{e.Cloud, e.Host}} }
func (e HostUncordoned) Scope() Scope { return Scope{Host: e.Host, Tokens: []string{e.Cloud, e.Host}} }
func (e HostFailed) Scope() Scope     { return Scope{Tokens: []string{e.Cloud}} }

func (e OrphanCollected) Scope() Scope {
	if e.Host == "" {
		return Scope{Tokens: []string{e.Kind}}
	}
	return Scope{Host: e.Host, Tokens: []string{e.Kind, e.Host}}
}
