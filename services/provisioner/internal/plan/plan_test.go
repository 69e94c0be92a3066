package plan_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/plan"
)

func TestFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	short := func(since time.Duration, hosts ...plan.Host) plan.Cloud {
		return plan.Cloud{Name: "my-docker-cloud", Location: "localhost", MaxHosts: 1, Short: true, Since: ago(since), Hosts: hosts}
	}
	offered := []plan.Machine{{Name: "localhost"}}
	for _, tt := range []struct {
		name     string
		cloud    plan.Cloud
		machines []plan.Machine
		want     string // the machine, or a part of the reason
	}{
		{"nobody waits", plan.Cloud{MaxHosts: 1}, offered, ""},
		{"a machine is there", short(0), offered, "localhost"},
		{"no machine yet", short(time.Second), nil, ""},
		{"no machine for a minute", short(time.Minute), nil, "no agent offered itself to location localhost within 60 s"},
		{"a machine after a minute", short(time.Hour), offered, "localhost"},
		{"called just now", short(time.Minute, plan.Host{"localhost", clocker.HostRequested, ago(time.Second)}), offered, ""},
		{"called long ago", short(time.Hour, plan.Host{"localhost", clocker.HostRequested, ago(time.Minute)}), offered, "host localhost was called 60 s ago"},
		{"registered long ago", short(time.Hour, plan.Host{"localhost", clocker.HostProvisioning, ago(time.Minute)}), offered, "has not reported ready"},
		{"ready just now", short(time.Minute, plan.Host{"localhost", clocker.HostReadyState, ago(time.Second)}), offered, ""},
		{"full", short(0, plan.Host{"localhost", clocker.HostReadyState, ago(time.Hour)}), offered,
			"location localhost has one host and it is taken: localhost (ready)"},
		{"suspect", short(0, plan.Host{"localhost", clocker.HostSuspect, ago(time.Hour)}), nil,
			"location localhost has one host and it is taken: localhost (suspect)"},
		{"no host allowed", plan.Cloud{Name: "c", Short: true}, offered, "cloud c may have 0 hosts"},
		{"another cloud has the machine", plan.Cloud{Name: "c", Location: "localhost", MaxHosts: 1, Short: true, Since: now,
			Elsewhere: []string{"localhost is a host of cloud my-docker-cloud"}}, nil,
			"location localhost has no machine left for cloud c: localhost is a host of cloud my-docker-cloud"},
		{"a second host", plan.Cloud{Name: "c", MaxHosts: 2, Short: true, Hosts: []plan.Host{{"a", clocker.HostReadyState, ago(time.Hour)}}},
			[]plan.Machine{{Name: "b"}, {Name: "d"}}, "b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := plan.For(tt.cloud, tt.machines, now)
			got := d.Want + d.Fail
			if (d.Want != "" && d.Fail != "") || (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("For = %+v, want %q", d, tt.want)
			}
			tt.cloud.Answered = d.Fail
			if again := plan.For(tt.cloud, tt.machines, now); d.Fail != "" && again != (plan.Decision{}) {
				t.Errorf("said twice: %+v", again)
			}
		})
	}
}

// Carried out again and again, decisions never make more hosts than the cloud may have, nor two for one shortage while
// the first is on its way.
func TestNeverTooManyHosts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Now()
		c := plan.Cloud{Name: "c", MaxHosts: rapid.IntRange(0, 4).Draw(t, "max"), Short: true, Since: now}
		for i := range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			d := plan.For(c, []plan.Machine{{Name: string(rune('a' + i))}}, now)
			underway := 0
			if d.Want != "" {
				c.Hosts = append(c.Hosts, plan.Host{Name: d.Want, State: clocker.HostRequested, Since: now})
			}
			for j := range c.Hosts {
				if c.Hosts[j].State == clocker.HostRequested {
					underway++
					if rapid.Bool().Draw(t, "comes") {
						c.Hosts[j].State, c.Hosts[j].Since = clocker.HostReadyState, now
					}
				}
			}
			if len(c.Hosts) > c.MaxHosts || underway > 1 {
				t.Fatalf("%d hosts of %d, %d on their way", len(c.Hosts), c.MaxHosts, underway)
			}
		}
	})
}
