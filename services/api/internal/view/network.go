package view

import "time"

// Network is the network of an application.
type Network struct {
	Network     string    `json:"network"`
	Application string    `json:"application"`
	CIDR        string    `json:"cidr"`
	Docker      string    `json:"docker"`    // its name in an Engine
	Addresses   int       `json:"addresses"` // that containers have
	Gateways    []Gateway `json:"gateways"`
}

// Gateway is the address that a network has on a host.
type Gateway struct {
	Host    string `json:"host"`
	Address string `json:"address"`
}

// NetworkDetail is a network with the addresses in use.
type NetworkDetail struct {
	Network
	Leases []Address `json:"leases"`
}

// Address is one that a container has for life, and where it answers now.
type Address struct {
	Address   string    `json:"address"`
	MAC       string    `json:"mac"`
	Container string    `json:"container"`
	Host      string    `json:"host,omitempty"` // none while no generation may start there
	Healthy   bool      `json:"healthy"`
	LeasedAt  time.Time `json:"leasedAt"`
}

// Record is a name of the zone with an address that it answers.
type Record struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Address     string `json:"address"`
	Application string `json:"application"`
	Container   string `json:"container,omitempty"` // none of a host
	Host        string `json:"host"`
	Healthy     bool   `json:"healthy"`
}
