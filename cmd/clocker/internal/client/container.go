package client

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Container is a container's newest generation.
type Container struct {
	Container  string     `json:"container"`
	UID        string     `json:"uid"`
	Entity     string     `json:"entity"`
	Generation int64      `json:"generation"`
	State      string     `json:"state"`
	Stage      string     `json:"stage"`
	Reason     string     `json:"reason"`
	Host       string     `json:"host"`
	Address    string     `json:"address"`
	Ports      []Port     `json:"ports"`
	Attempt    int        `json:"attempt"`
	ExitCode   int        `json:"exitCode"`
	EngineID   string     `json:"engineId"`
	StartedAt  *time.Time `json:"startedAt"`
	UpdatedAt  *time.Time `json:"updatedAt"`
	Usage      *Usage     `json:"usage"`
}

// Port is a published port.
type Port struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
	HostPort int    `json:"hostPort"`
	Address  string `json:"address"`
}

// Inspection is everything known of a container.
type Inspection struct {
	Container
	Hostname  string          `json:"hostname"`
	Spec      *clocker.Entity `json:"spec"`
	Placement *Placement      `json:"placement"`
	Lease     *Lease          `json:"lease"`
	Endpoint  *Endpoint       `json:"endpoint"`
	Image     *Image          `json:"image"`
}

// Placement is what is reserved on a host; memory in bytes.
type Placement struct {
	Cloud    string    `json:"cloud"`
	Host     string    `json:"host"`
	Memory   int64     `json:"memory"`
	Cores    float64   `json:"cores"`
	PlacedAt time.Time `json:"placedAt"`
}

// Lease is the address that a container has for life.
type Lease struct {
	Network  string    `json:"network"`
	CIDR     string    `json:"cidr"`
	Address  string    `json:"address"`
	MAC      string    `json:"mac"`
	LeasedAt time.Time `json:"leasedAt"`
}

// Endpoint says where an address answers.
type Endpoint struct {
	Host       string    `json:"host"`
	Generation int64     `json:"generation"`
	Healthy    bool      `json:"healthy"`
	ChangedAt  time.Time `json:"changedAt"`
}

// Image is an image that an application asked for; size in bytes.
type Image struct {
	Key       string   `json:"key"`
	State     string   `json:"state"`
	Image     string   `json:"image"`
	Reference string   `json:"reference"`
	Built     bool     `json:"built"`
	Size      int64    `json:"size"`
	Reason    string   `json:"reason"`
	Tail      []string `json:"tail"`
	UsedBy    []string `json:"usedBy"`
}

// Explanation says why a container is where it is, or what it waits for.
type Explanation struct {
	Container  string     `json:"container"`
	Generation int64      `json:"generation"`
	State      string     `json:"state"`
	Stage      string     `json:"stage"`
	Reason     string     `json:"reason"`
	Since      *time.Time `json:"since"`
	Host       string     `json:"host"`
	Refusals   []Refusal  `json:"refusals"`
	WaitsFor   []string   `json:"waitsFor"`
	Image      *Image     `json:"image"`
	Restarts   int        `json:"restarts"`
	ExitCode   int        `json:"exitCode"`

	DeadLetters []DeadLetter `json:"deadLetters"`
}

// Refusal says why a strategy took none of some hosts.
type Refusal struct {
	Strategy string `json:"strategy"`
	Hosts    int    `json:"hosts"`
	Reason   string `json:"reason"`
}
