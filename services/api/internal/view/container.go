package view

import (
	"encoding/json"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/replay"
)

// Inspection is everything known of a container: what the blueprint says and what each service holds.
type Inspection struct {
	Container
	Hostname  string          `json:"hostname"`
	Spec      *clocker.Entity `json:"spec,omitempty"`
	Placement *Placement      `json:"placement,omitempty"`
	Lease     *Lease          `json:"lease,omitempty"`
	Endpoint  *Endpoint       `json:"endpoint,omitempty"`
	Image     *Image          `json:"image,omitempty"`
}

// Placement is what scheduler reserved on a host.
type Placement struct {
	Cloud      string                `json:"cloud"`
	Host       string                `json:"host"`
	Generation int64                 `json:"generation"`
	Memory     int64                 `json:"memory"`
	Cores      float64               `json:"cores"`
	Ports      []clocker.PortBinding `json:"ports"`
	PlacedAt   time.Time             `json:"placedAt"`
}

// Lease is the address that a container has for life.
type Lease struct {
	Network  string    `json:"network"`
	CIDR     string    `json:"cidr,omitempty"`
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

// Explanation says why a container is where it is, or what it waits for.
type Explanation struct {
	Container  string          `json:"container"`
	Generation int64           `json:"generation"`
	State      string          `json:"state"`
	Stage      string          `json:"stage,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Since      *time.Time      `json:"since,omitempty"`
	Host       string          `json:"host,omitempty"`
	Placement  *Placement      `json:"placement,omitempty"`
	Refusals   json.RawMessage `json:"refusals,omitempty"` // of hosts, as scheduler's strategies gave them
	WaitsFor   []string        `json:"waitsFor,omitempty"` // sensors that the blueprint names
	Image      *Image          `json:"image,omitempty"`
	Restarts   int             `json:"restarts"`
	ExitCode   int             `json:"exitCode"`
	// DeadLetters are events about it, or about its application, that some service could not handle.
	DeadLetters []DeadLetter `json:"deadLetters,omitempty"`
}

// Image is an image that applications asked for.
type Image struct {
	Key       string          `json:"key"`
	State     string          `json:"state"`
	Image     string          `json:"image,omitempty"` // image id
	Reference string          `json:"reference,omitempty"`
	Built     bool            `json:"built"`
	Size      int64           `json:"size"`
	Reason    string          `json:"reason,omitempty"`
	Tail      json.RawMessage `json:"tail,omitempty"` // last lines of a failed build
	UpdatedAt time.Time       `json:"updatedAt"`
	UsedBy    []string        `json:"usedBy"` // applications
}

// Host is a machine of a cloud.
type Host struct {
	Host       string          `json:"host"`
	Cloud      string          `json:"cloud"`
	Location   string          `json:"location"`
	Address    string          `json:"address"`
	State      string          `json:"state"`
	Reason     string          `json:"reason,omitempty"`
	Epoch      int64           `json:"epoch"`
	Memory     int64           `json:"memory"`
	Cores      float64         `json:"cores"`
	Engine     json.RawMessage `json:"engine,omitempty"`
	Containers int             `json:"containers"` // that hold a reservation
	UsedMemory int64           `json:"usedMemory"`
	UsedCores  float64         `json:"usedCores"`
	Cordoned   bool            `json:"cordoned"`        // takes no new containers
	Usage      *HostUsage      `json:"usage,omitempty"` // measured, where the four above are reserved; in lists and of one host
	LastSeen   *time.Time      `json:"lastSeen,omitempty"`
	ReadyAt    *time.Time      `json:"readyAt,omitempty"`
}

// Cloud is a named pool of hosts.
type Cloud struct {
	Cloud         string          `json:"cloud"`
	Location      string          `json:"location"`
	Hosts         int             `json:"hosts"`
	MaxHosts      int             `json:"maxHosts"`
	MaxContainers int             `json:"maxContainers"`
	Strategies    json.RawMessage `json:"strategies"`
	Revision      int64           `json:"revision"` // of the settings; grows with each change
	Shortage      *Shortage       `json:"shortage,omitempty"`
}

// Shortage says that containers of a cloud have no host.
type Shortage struct {
	Containers int       `json:"containers"`
	Reason     string    `json:"reason"`
	Since      time.Time `json:"since"`
}

// Audit is the outcome of a walk over the log of events. FirstBad is the number of the first event that is missing,
// out of order or altered; Pruned that of the last event that the log no longer holds.
type Audit struct {
	OK       bool   `json:"ok"`
	Count    int64  `json:"count"`
	Pruned   int64  `json:"pruned,omitempty"`
	FirstBad *int64 `json:"first_bad,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Replay is what the log tells by itself, up to Through and with what waits for a number; and, when it was asked for, how
// that compares with what the views show. Untold is how many rows could not be compared, because what told of them is no
// longer kept; Unknown how many events this version does not know.
type Replay struct {
	Through     int64               `json:"through"`
	Pruned      int64               `json:"pruned,omitempty"`
	Events      int                 `json:"events"`
	Waiting     int                 `json:"waiting"`
	Unknown     int                 `json:"unknown,omitempty"`
	Rows        map[string]int      `json:"rows"` // by table
	OK          *bool               `json:"ok,omitempty"`
	Count       *int                `json:"count,omitempty"` // of differences
	Untold      int                 `json:"untold,omitempty"`
	Differences []replay.Difference `json:"differences,omitempty"`
	Model       replay.Model        `json:"model,omitempty"`
}

// Trace is events in order of number, each with the number of its cause. Whole is false when there are more of them than
// were looked for; causes up to Pruned are no longer kept.
type Trace struct {
	Items  []events.CloudEvent `json:"items"`
	Whole  bool                `json:"whole"`
	Pruned int64               `json:"pruned,omitempty"`
}

// Version says which program answers.
type Version struct {
	Version      string `json:"version"`
	Revision     string `json:"revision,omitempty"`
	Go           string `json:"go"`
	Installation string `json:"installation"`
}

// Page is a part of a list, in a stable order; NextCursor asks for the part after it and is empty at the end.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}
