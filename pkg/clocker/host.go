package clocker

// HostState is where a host is in its life.
type HostState string

// The life of a host, in order. A host goes from ready to suspect and back; gone is the end.
const (
	HostRequested    HostState = "requested"
	HostProvisioning HostState = "provisioning"
	HostReadyState   HostState = "ready"
	HostSuspect      HostState = "suspect"
	HostLostState    HostState = "lost"
	HostDrainingNow  HostState = "draining"
	HostGoneState    HostState = "gone"
)

// Capacity is what a host offers: bytes of memory, cores.
type Capacity struct {
	Memory int64   `json:"memory"`
	Cores  float64 `json:"cores"`
}

// Engine says which Docker Engine an agent found.
type Engine struct {
	ID         string `json:"id"`
	Version    string `json:"version"`
	APIVersion string `json:"apiVersion"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	// Routes are the IPv4 networks that the machine routes for others than this installation: no application may have
	// an address there.
	Routes []string `json:"routes,omitempty"`
}
