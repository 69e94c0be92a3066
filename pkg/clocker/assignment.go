package clocker

import "strconv"

// Desired says what an agent does with an assignment.
type Desired string

// What an assignment may ask for. Removed is the tombstone: the only order, beside absence from a complete snapshot,
// on which an agent removes a container.
const (
	DesiredRunning Desired = "running"
	DesiredStopped Desired = "stopped" // its budget is spent: kept for a look, not running
	DesiredRemoved Desired = "removed"
)

// Assignment is one generation of a container that should run on a host, with everything resolved. It travels only to
// that host's agent: its environment may hold secrets.
type Assignment struct {
	Container
	Revision   int64         `json:"revision"`
	Desired    Desired       `json:"desired"`
	Image      string        `json:"image"` // image id, or reference by digest to pull when the id is not there
	Reference  string        `json:"reference,omitempty"`
	Env        []string      `json:"env,omitempty"` // NAME=value
	Entrypoint []string      `json:"entrypoint,omitempty"`
	Command    []string      `json:"command,omitempty"`
	Network    string        `json:"network"` // network id
	Address    string        `json:"address"`
	MAC        string        `json:"mac"`
	DNS        []string      `json:"dns,omitempty"`
	Search     []string      `json:"search,omitempty"`
	Ports      []PortBinding `json:"ports,omitempty"`
	Volumes    []Mount       `json:"volumes,omitempty"`
	Resources  Resources     `json:"resources"`
	Health     *HealthCheck  `json:"health,omitempty"`
	Restart    RestartPolicy `json:"restart"`
	Trace      string        `json:"trace,omitempty"` // W3C traceparent of what cleared it
}

// PortBinding publishes a container port on a host port; HostPort 0 is not yet leased.
type PortBinding struct {
	Port     int    `json:"port"`
	HostPort int    `json:"hostPort"`
	Protocol string `json:"protocol"`
	Fixed    bool   `json:"fixed,omitempty"` // asked for by number; never retried with another
}

// The host ports that are leased to openPorts, both included.
const (
	FirstLeasedPort = 49000
	LastLeasedPort  = 65535
)

// HostPort is a port of a host.
type HostPort struct {
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
}

func (p HostPort) String() string { return strconv.Itoa(p.Port) + "/" + p.Protocol }

func (p HostPort) valid() bool {
	return p.Port >= 1 && p.Port <= 65535 && (p.Protocol == "tcp" || p.Protocol == "udp")
}

// Mount is a volume in the Engine and where it is mounted.
type Mount struct {
	Volume string `json:"volume"`
	Path   string `json:"path"`
}

// VolumeName is the Engine's name of a container's named volume.
func VolumeName(k Key, name string) string {
	return "clk-" + k.UID + "-" + k.Entity + "-" + strconv.Itoa(k.Ordinal) + "-" + name
}

// RunWant is what policy sends on clocker.want.<host> (kind run) and answers to AskRun: the assignments of one host
// from revision Previous to Revision. A complete one lists all of them; what it lacks, the agent removes. One with Next is a
// page of an answer, and no more than a part.
type RunWant struct {
	Host        string       `json:"host"`
	Epoch       int64        `json:"epoch"`
	Previous    int64        `json:"previous"`
	Revision    int64        `json:"revision"`
	Complete    bool         `json:"complete"`
	Assignments []Assignment `json:"assignments"`
	// Owners are the container identities that exist anywhere, uid/entity/ordinal: in an answer to an agent that knows of no
	// pages, and removes the volumes of all others. Agents that know ask about those that they have, with AskOwners.
	Owners []string `json:"owners,omitempty"`
	Next   *Page    `json:"next,omitempty"`
}

// ImageJob asks an agent that may build for one image: find it, pull it, or build it.
type ImageJob struct {
	Key      string      `json:"key"`
	Source   ImageSource `json:"source"`
	Tag      string      `json:"tag,omitempty"` // what a built image is called
	Size     int64       `json:"size,omitempty"`
	Attempt  int         `json:"attempt"` // raised when the job is to be done again
	Revision int64       `json:"revision"`
	Done     bool        `json:"done"` // the image is known; kept so that the agent does not collect it
	Removed  bool        `json:"removed,omitempty"`
}

// ImageWant is what imagebuilder sends on clocker.want.<host> (kind image) and answers to AskImages. A built image with
// our label whose key a complete one lacks is removed.
type ImageWant struct {
	Host     string     `json:"host"`
	Epoch    int64      `json:"epoch"`
	Previous int64      `json:"previous"`
	Revision int64      `json:"revision"`
	Complete bool       `json:"complete"`
	Jobs     []ImageJob `json:"jobs"`
	Next     *Page      `json:"next,omitempty"` // of an answer: there is more
}
