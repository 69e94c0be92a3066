package client

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Cloud is a named pool of hosts.
type Cloud struct {
	Cloud         string             `json:"cloud"`
	Location      string             `json:"location"`
	Hosts         int                `json:"hosts"`
	MaxHosts      int                `json:"maxHosts"`
	MaxContainers int                `json:"maxContainers"` // on each host
	Strategies    []clocker.Strategy `json:"strategies"`
	Revision      int64              `json:"revision"`
	Shortage      *Shortage          `json:"shortage"`
}

// Shortage says that containers of a cloud have no host.
type Shortage struct {
	Containers int       `json:"containers"`
	Reason     string    `json:"reason"`
	Since      time.Time `json:"since"`
}
