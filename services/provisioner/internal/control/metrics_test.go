package control

import (
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/life"
	"clocker.io/services/provisioner/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestHostsAreCountedByStateAndOnlyByWhoWatchesThem(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	g := newGauges(reg)
	host := func(s clocker.HostState) store.Host { return store.Host{Cloud: "c", Life: life.Host{State: s}} }
	w := store.World{Clouds: []store.Need{{Cloud: store.Cloud{Name: "c", MaxHosts: 9}}},
		Hosts: []store.Host{host(clocker.HostReadyState), host(clocker.HostReadyState), host(clocker.HostSuspect), host(clocker.HostGoneState)}}
	g.show(w)
	w.Hosts = w.Hosts[1:]
	g.show(w)
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP clocker_cloud_hosts_max Hosts that a cloud may have; told by the process that watches them.
# TYPE clocker_cloud_hosts_max gauge
clocker_cloud_hosts_max{cloud="c"} 9
# HELP clocker_hosts Hosts by cloud and state; told by the process that watches them.
# TYPE clocker_hosts gauge
clocker_hosts{cloud="c",state="draining"} 0
clocker_hosts{cloud="c",state="lost"} 0
clocker_hosts{cloud="c",state="provisioning"} 0
clocker_hosts{cloud="c",state="ready"} 1
clocker_hosts{cloud="c",state="requested"} 0
clocker_hosts{cloud="c",state="suspect"} 1
`))
	if err != nil {
		t.Error(err)
	}
	g.forget()
	if n, err := testutil.GatherAndCount(reg); n != 0 || err != nil {
		t.Errorf("%d series shown without the role, %v", n, err)
	}
}
