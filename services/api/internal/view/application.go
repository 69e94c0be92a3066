package view

import (
	"time"

	"clocker.io/services/api/internal/diff"
)

// Application is a deployed blueprint and how it does. Entities are given for a single application only.
type Application struct {
	Application string    `json:"application"`
	UID         string    `json:"uid"`
	Name        string    `json:"name"`
	Cloud       string    `json:"cloud"`
	Revision    int64     `json:"revision"` // grows with everything that is asked of it
	State       string    `json:"state"`    // as policy says it; submitted until policy has seen it
	Healthy     bool      `json:"healthy"`
	Reason      string    `json:"reason,omitempty"`
	Wanted      int       `json:"wanted"` // containers that should run
	Up          int       `json:"up"`     // of them, healthy
	SubmittedAt time.Time `json:"submittedAt"`
	Network     string    `json:"network,omitempty"` // CIDR
	Entities    []Entity  `json:"entities,omitempty"`
}

// Entity is a node of an application's tree.
type Entity struct {
	Application string      `json:"application"`
	Entity      string      `json:"entity"`
	Name        string      `json:"name"`
	Image       string      `json:"image"` // reference, or "Dockerfile" for a built one
	ImageKey    string      `json:"imageKey"`
	Size        int         `json:"size"`
	Up          int         `json:"up"`
	Revision    int64       `json:"revision"` // of its application
	Containers  []Container `json:"containers"`
}

// Container is one container of an entity, its newest generation.
type Container struct {
	Container   string     `json:"container"` // shop/web/0
	Application string     `json:"application"`
	UID         string     `json:"uid"`
	Entity      string     `json:"entity"`
	Ordinal     int        `json:"ordinal"`
	Generation  int64      `json:"generation"`
	State       string     `json:"state"`
	Stage       string     `json:"stage,omitempty"` // row of the line it is in, while it is in the line
	Reason      string     `json:"reason,omitempty"`
	Host        string     `json:"host,omitempty"`
	Address     string     `json:"address,omitempty"`
	Ports       []Port     `json:"ports"`
	Attempt     int        `json:"attempt"` // restarts in place
	ExitCode    int        `json:"exitCode"`
	EngineID    string     `json:"engineId,omitempty"`
	StartedAt   *time.Time `json:"startedAt,omitempty"`
	UpdatedAt   *time.Time `json:"updatedAt,omitempty"`
	// Usage is what was measured; in lists of containers and of one container.
	Usage *Usage `json:"usage,omitempty"`
}

// Port is a published port: the container's Port is reached at Address:HostPort.
type Port struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
	HostPort int    `json:"hostPort"`
	Address  string `json:"address,omitempty"` // of the host
}

// Accepted answers a request that takes time.
type Accepted struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Operation   string `json:"operation"`
	Host        string `json:"host,omitempty"` // of an operation that is about a host; it has no application
}

// Submitted is an accepted blueprint, with what a tolerant reader passed over.
type Submitted struct {
	Accepted
	Warnings []Fault `json:"warnings,omitempty"`
}

// Operation is a request that takes time.
type Operation struct {
	Operation   string     `json:"operation"`
	Kind        string     `json:"kind"`
	Application string     `json:"application"`
	UID         string     `json:"uid"`
	Host        string     `json:"host,omitempty"` // of one that is about a host; it has no application
	Target      string     `json:"target"`
	Params      any        `json:"params,omitempty"`
	State       string     `json:"state"` // running, done, failed, cancelled
	Reason      string     `json:"reason,omitempty"`
	RequestedBy string     `json:"requestedBy,omitempty"` // name and id of a token
	RequestedAt time.Time  `json:"requestedAt"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty"`
}

// Plan is what a blueprint would do, without doing it.
type Plan struct {
	Application string       `json:"application"`
	Name        string       `json:"name"`
	Cloud       string       `json:"cloud"`
	Containers  int          `json:"containers"`
	Memory      int64        `json:"memory"` // bytes reserved by all of them
	Cores       float64      `json:"cores"`
	Network     string       `json:"network,omitempty"`
	Entities    []PlanEntity `json:"entities"`
	Notes       []string     `json:"notes"`
	Changes     diff.Changes `json:"changes"`            // against what runs under that id
	Warnings    []Fault      `json:"warnings,omitempty"` // what a tolerant reader of the blueprint passed over
}

// PlanEntity is an entity of a plan.
type PlanEntity struct {
	Entity   string   `json:"entity"`
	Name     string   `json:"name"`
	Size     int      `json:"size"`
	Image    string   `json:"image"`
	ImageKey string   `json:"imageKey"`
	Ports    []string `json:"ports"`
	WaitsFor []string `json:"waitsFor"` // sensors of other entities
}
