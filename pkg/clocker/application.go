package clocker

// Application is what a blueprint says, after parsing and defaults. It is stored by api and read by the other services
// through api's view; it never travels in an event, because environments may hold secrets.
type Application struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Cloud    string   `json:"cloud"`             // the cloud its location names
	CIDR     string   `json:"cidr,omitempty"`    // network.cidr; empty means a /22 of the pool
	Entities []Entity `json:"entities"`          // in the order of the document
	Context  string   `json:"context,omitempty"` // sha256 of the build context sent along, hex; empty when none
}

// Entity finds an entity by its id.
func (a Application) Entity(id string) (Entity, bool) {
	for _, e := range a.Entities {
		if e.ID == id {
			return e, true
		}
	}
	return Entity{}, false
}

// Entity is one service of a blueprint: a cluster of Size equal containers.
type Entity struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Image       ImageSource   `json:"image"`
	Size        int           `json:"size"` // initialSize, members at first
	Env         []EnvVar      `json:"env,omitempty"`
	OpenPorts   []Port        `json:"openPorts,omitempty"`   // published on a leased host port
	DirectPorts []Port        `json:"directPorts,omitempty"` // published on the same number
	Entrypoint  []Value       `json:"entrypoint,omitempty"`
	Commands    []Value       `json:"commands,omitempty"`
	Volumes     []Volume      `json:"volumes,omitempty"`
	Resources   Resources     `json:"resources"`
	Strategies  []Strategy    `json:"strategies,omitempty"`
	Health      *HealthCheck  `json:"health,omitempty"`
	Restart     RestartPolicy `json:"restart"`
	Latch       *SensorRef    `json:"latch,omitempty"` // launch.latch: start only once this is true or known
}

// EnvVar is one variable of a container's environment; order is the document's.
type EnvVar struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
}

// Port is a container port; Protocol is tcp or udp.
type Port struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

// Volume is a named volume of each member of an entity, mounted at Path. Members do not share it: each has its own,
// which lives as long as the container's identity.
type Volume struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Resources are what a container reserves (MinRAM, MinCores) and the limits the Engine enforces (Memory, CPUShares).
// Sizes are bytes; zero means none. The scheduler reserves the larger of MinRAM and Memory.
type Resources struct {
	Memory    int64   `json:"memory,omitempty"`
	CPUShares int64   `json:"cpuShares,omitempty"`
	MinRAM    int64   `json:"minRam,omitempty"`
	MinCores  float64 `json:"minCores,omitempty"`
}

// ReservedMemory is what the scheduler sets aside, in bytes.
func (r Resources) ReservedMemory() int64 { return max(r.Memory, r.MinRAM) }

// Strategy names a placement strategy and its parameters, as the scheduler's registry knows them.
type Strategy struct {
	Name   string            `json:"name"`
	Params map[string]string `json:"params,omitempty"`
}

// HealthCheck is how the agent probes a container from the host: an HTTP GET, a TCP connect, or a command inside. One
// of HTTP, TCP and Command is set. Times are milliseconds.
type HealthCheck struct {
	HTTP     string   `json:"http,omitempty"` // path, with Port
	TCP      bool     `json:"tcp,omitempty"`  // connect to Port
	Port     int      `json:"port,omitempty"` // container port
	Command  []string `json:"command,omitempty"`
	Interval int64    `json:"interval"` // between probes, ms
	Timeout  int64    `json:"timeout"`  // of one probe, ms
	Retries  int      `json:"retries"`  // failures in a row that make it unhealthy
	Start    int64    `json:"start"`    // grace after start during which failures do not count, ms
}

// Restart policies of a container whose process ends.
const (
	RestartAlways    = "always"     // whatever the exit code
	RestartOnFailure = "on-failure" // unless it ended with 0
	RestartNever     = "no"
)

// RestartPolicy is the budget that an agent spends in place before policy is asked.
type RestartPolicy struct {
	Policy   string `json:"policy"`
	Attempts int    `json:"attempts"` // restarts in place before ContainerFailed
}
