package control

import (
	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// states are those that are counted; hosts that are gone are history.
var states = []clocker.HostState{
	clocker.HostRequested, clocker.HostProvisioning, clocker.HostReadyState, clocker.HostSuspect, clocker.HostLostState,
	clocker.HostDrainingNow,
}

// gauges show the hosts as the last round saw them. Only the process that holds the role shows them, so that the sum
// over all processes is right.
type gauges struct {
	hosts, capacity *prometheus.GaugeVec
}

func newGauges(r prometheus.Registerer) gauges {
	g := gauges{
		hosts: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_hosts", Help: "Hosts by cloud and state; told by the process that watches them.",
		}, []string{"cloud", "state"}),
		capacity: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_cloud_hosts_max", Help: "Hosts that a cloud may have; told by the process that watches them.",
		}, []string{"cloud"}),
	}
	if r != nil {
		r.MustRegister(g.hosts, g.capacity)
	}
	return g
}

func (g gauges) show(w store.World) {
	count := map[string]map[clocker.HostState]int{}
	for _, n := range w.Clouds {
		count[n.Name] = map[clocker.HostState]int{}
		g.capacity.WithLabelValues(n.Name).Set(float64(n.MaxHosts))
	}
	for _, h := range w.Hosts {
		if count[h.Cloud] != nil {
			count[h.Cloud][h.Life.State]++
		}
	}
	for cloud, by := range count {
		for _, s := range states {
			g.hosts.WithLabelValues(cloud, string(s)).Set(float64(by[s]))
		}
	}
}

// forget shows nothing any more: another process does.
func (g gauges) forget() {
	g.hosts.Reset()
	g.capacity.Reset()
}
