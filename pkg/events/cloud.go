package events

import "clocker.io/pkg/clocker"

// CloudCreated says that somebody made a cloud, and with which settings. The first cloud of an installation is there from
// the beginning, and no event says so.
type CloudCreated CloudSet

// CloudChanged says that a cloud has other settings, and gives all of them.
type CloudChanged CloudSet

// CloudRemoved says that a cloud is no more; nothing used it.
type CloudRemoved struct {
	Cloud string `json:"cloud"`
	By    string `json:"by,omitempty"`
}

// CloudSet is what is on the wire of a cloud that was made or changed: all of its settings, and who set them.
type CloudSet struct {
	Cloud         string             `json:"cloud"`
	Location      string             `json:"location"`
	MaxHosts      int                `json:"maxHosts"`
	MaxContainers int                `json:"maxContainers" jsonschema_description:"on each host"` // comments are read of the events' own fields
	Strategies    []clocker.Strategy `json:"strategies"`
	By            string             `json:"by,omitempty"`
}

func (CloudCreated) Topic() string { return "cloud.created" }
func (CloudChanged) Topic() string { return "cloud.changed" }
func (CloudRemoved) Topic() string { return "cloud.removed" }

func (e CloudCreated) Scope() Scope { return Scope{Tokens: []string{e.Cloud}} }
func (e CloudChanged) Scope() Scope { return Scope{Tokens: []string{e.Cloud}} }
func (e CloudRemoved) Scope() Scope { return Scope{Tokens: []string{e.Cloud}} }
