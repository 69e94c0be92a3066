package client

import (
	"encoding/json"
	"time"

	"clocker.io/pkg/clocker"
)

// Application is a deployed blueprint and how it does.
type Application struct {
	Application string    `json:"application"`
	UID         string    `json:"uid"`
	Name        string    `json:"name"`
	Cloud       string    `json:"cloud"`
	State       string    `json:"state"`
	Healthy     bool      `json:"healthy"`
	Reason      string    `json:"reason"`
	Wanted      int       `json:"wanted"`
	Up          int       `json:"up"`
	SubmittedAt time.Time `json:"submittedAt"`
	Network     string    `json:"network"`
	Entities    []Entity  `json:"entities"`
}

// Entity is a node of an application's tree.
type Entity struct {
	Application string      `json:"application"`
	Entity      string      `json:"entity"`
	Name        string      `json:"name"`
	Image       string      `json:"image"`
	Size        int         `json:"size"`
	Up          int         `json:"up"`
	Containers  []Container `json:"containers"`
}

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

// Host is a machine of a cloud; memory in bytes.
type Host struct {
	Host       string          `json:"host"`
	Cloud      string          `json:"cloud"`
	Location   string          `json:"location"`
	Address    string          `json:"address"`
	State      string          `json:"state"`
	Reason     string          `json:"reason"`
	Epoch      int64           `json:"epoch"`
	Memory     int64           `json:"memory"`
	Cores      float64         `json:"cores"`
	Engine     *clocker.Engine `json:"engine"`
	Containers int             `json:"containers"`
	UsedMemory int64           `json:"usedMemory"`
	UsedCores  float64         `json:"usedCores"`
	Cordoned   bool            `json:"cordoned"`
	LastSeen   *time.Time      `json:"lastSeen"`
	ReadyAt    *time.Time      `json:"readyAt"`
	Usage      *HostUsage      `json:"usage"`
}

// HostUsage is what was measured of a host; what is not known is not clocker.Measure.Known.
type HostUsage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"`
	CPU          clocker.Measure `json:"cpu"` // from 0 to 1
	Load         clocker.Measure `json:"load"`
	Memory       clocker.Measure `json:"memory"`
	MemoryTotal  clocker.Measure `json:"memoryTotal"`
	Disk         clocker.Measure `json:"disk"`
	DiskTotal    clocker.Measure `json:"diskTotal"`
	ReceivedRate clocker.Measure `json:"receivedRate"`
	SentRate     clocker.Measure `json:"sentRate"`
}

// Usage is what was measured of a container.
type Usage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"`
	CPU          clocker.Measure `json:"cpu"` // cores
	Memory       clocker.Measure `json:"memory"`
	MemoryLimit  clocker.Measure `json:"memoryLimit"`
	Processes    clocker.Measure `json:"processes"`
	ReceivedRate clocker.Measure `json:"receivedRate"`
	SentRate     clocker.Measure `json:"sentRate"`
	ReadRate     clocker.Measure `json:"readRate"`
	WrittenRate  clocker.Measure `json:"writtenRate"`
	History      *UsageHistory   `json:"history"`
}

// UsageHistory is the last minutes, a value each Step seconds.
type UsageHistory struct {
	Step int               `json:"step"`
	CPU  []clocker.Measure `json:"cpu"`
}

// Accepted answers a request that takes time.
type Accepted struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Operation   string `json:"operation"`

	Warnings []Fault `json:"warnings"`
}

// States of an Operation.
const (
	OperationRunning   = "running"
	OperationDone      = "done"
	OperationFailed    = "failed"
	OperationCancelled = "cancelled"
)

// Operation is a request that takes time.
type Operation struct {
	Operation   string          `json:"operation"`
	Kind        string          `json:"kind"`
	Application string          `json:"application"`
	Target      string          `json:"target"`
	Params      json.RawMessage `json:"params"`
	State       string          `json:"state"`
	Reason      string          `json:"reason"`
	RequestedBy string          `json:"requestedBy"`
	RequestedAt time.Time       `json:"requestedAt"`
	FinishedAt  *time.Time      `json:"finishedAt"`
}

// Plan is what a blueprint would do; memory in bytes.
type Plan struct {
	Application string       `json:"application"`
	Name        string       `json:"name"`
	Cloud       string       `json:"cloud"`
	Containers  int          `json:"containers"`
	Memory      int64        `json:"memory"`
	Cores       float64      `json:"cores"`
	Network     string       `json:"network"`
	Entities    []PlanEntity `json:"entities"`
	Notes       []string     `json:"notes"`
	Warnings    []Fault      `json:"warnings"`

	Changes json.RawMessage `json:"changes"` // Changes
}

// Changes is what a blueprint would make of what runs; Refusal is why it would not be taken.
type Changes struct {
	Deployed   bool           `json:"deployed"`
	Fields     []ChangedField `json:"fields"`
	Entities   []ChangedPart  `json:"entities"`
	Containers struct {
		Before int `json:"before"`
		After  int `json:"after"`
	} `json:"containers"`
	Refusal string `json:"refusal"`
}

// ChangedPart is an entity that is added, removed or changed.
type ChangedPart struct {
	Entity string         `json:"entity"`
	Change string         `json:"change"`
	Fields []ChangedField `json:"fields"`
}

// ChangedField is a value that is added, removed or changed. Of one that may be a secret there is no text.
type ChangedField struct {
	Field  string `json:"field"`
	Change string `json:"change"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// PlanEntity is an entity of a plan.
type PlanEntity struct {
	Entity   string   `json:"entity"`
	Size     int      `json:"size"`
	Image    string   `json:"image"`
	Ports    []string `json:"ports"`
	WaitsFor []string `json:"waitsFor"`
}

// Audit is the outcome of a walk over the log of events.
type Audit struct {
	OK       bool   `json:"ok"`
	Count    int64  `json:"count"`
	Pruned   int64  `json:"pruned"` // the last number that is no longer kept
	FirstBad *int64 `json:"first_bad"`
	Reason   string `json:"reason"`
}

// Replay is what the log tells by itself, and, when OK is set, how that compares with what the services have.
type Replay struct {
	Through     int64          `json:"through"`
	Pruned      int64          `json:"pruned"`
	Events      int            `json:"events"`
	Waiting     int            `json:"waiting"`
	Unknown     int            `json:"unknown"`
	Rows        map[string]int `json:"rows"`
	OK          *bool          `json:"ok"`
	Count       int            `json:"count"`
	Untold      int            `json:"untold"`
	Differences []Difference   `json:"differences"`
}

// Difference is where the services have something else than the log tells.
type Difference struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	Field string `json:"field"`
	Log   string `json:"log"`
	View  string `json:"view"`
}

// Trace is events in order of number, each with the number of its cause.
type Trace struct {
	Items  []Event `json:"items"`
	Whole  bool    `json:"whole"`
	Pruned int64   `json:"pruned"` // causes up to it are no longer kept
}

// Version says which program answers.
type Version struct {
	Version      string `json:"version"`
	Revision     string `json:"revision"`
	Go           string `json:"go"`
	Installation string `json:"installation"`
}
