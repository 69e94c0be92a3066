package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"pgregory.net/rapid"
)

func web(generation int64) clocker.Container {
	return clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: 0, Generation: generation}
}

// fold takes in facts with numbers from 1; those that api has handled are up to handled.
func fold(t interface{ Fatal(...any) }, handled int64, facts ...events.Event) *Fold {
	f := New(func(n int64) bool { return n <= handled })
	for i, e := range facts {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		f.Apply(events.Record{Number: int64(i + 1), Topic: e.Topic(), Data: data})
	}
	return f
}

// text is a model in lines.
func text(m Model) string {
	var lines []string
	for _, table := range Tables() {
		for _, key := range slices.Sorted(maps.Keys(m[table])) {
			lines = append(lines, fmt.Sprintf("%s %s: %s", table, key, words(m[table][key])))
		}
	}
	return strings.Join(lines, "\n")
}

func submitted() events.Event {
	return events.ApplicationSubmitted{Application: "shop", UID: "u", Name: "Shop", Cloud: "c", Operation: "op", By: "ci/1",
		Entities: []events.SubmittedEntity{{Entity: "web", Size: 1}}}
}

// running is the way of a container to where it answers.
func running(generation int64) []events.Event {
	c := web(generation)
	return []events.Event{
		events.ContainerRequested{Container: c, Resources: clocker.Resources{Memory: 64 << 20, MinCores: 0.5}},
		events.ContainerPlaced{Container: c, Cloud: "c", Host: "h1", Ports: []clocker.PortBinding{{Port: 80, HostPort: 49000, Protocol: "tcp"}}},
		events.ContainerAddressed{Container: c, Host: "h1", Network: "u", Address: "10.200.0.16", MAC: "02:42:0a:c8:00:10"},
		events.ContainerCleared{Container: c, Host: "h1"},
		events.ContainerStarted{Container: c, Host: "h1"},
		events.ContainerHealthy{Container: c, Host: "h1"},
		events.EndpointChanged{Container: c, Host: "h1", Address: "10.200.0.16", Healthy: true},
	}
}

// ended is the way back of a container.
func ended(generation int64, final bool) []events.Event {
	c := web(generation)
	return []events.Event{
		events.ContainerWithdrawn{Container: c, Host: "h1", Final: final, Assigned: true},
		events.ContainerRemoved{Container: c, Host: "h1"},
		events.EndpointChanged{Container: c, Host: "h1", Address: "10.200.0.16"},
		events.AddressReleased{Container: c, Host: "h1", Address: "10.200.0.16", Kept: !final},
		events.ContainerReleased{Container: c, Host: "h1"},
		events.ContainerGone{Container: c},
	}
}

func whole() []events.Event {
	return slices.Concat([]events.Event{submitted()}, running(1), []events.Event{events.ApplicationHealthy{Application: "shop", UID: "u"}})
}

func TestTheModelIsWhatTheLogTells(t *testing.T) {
	t.Parallel()
	app := "applications u: application=shop cloud=c gone=false name=Shop\n"
	op := "operations op: application=shop by=ci/1 host= kind=deploy reason= state=running target=shop uid=u\n"
	tests := []struct {
		name  string
		facts []events.Event
		want  string
	}{
		{"submitted", []events.Event{submitted()}, app + op + `health shop of u: healthy=false stopping=false
entities shop/web of u: size=1`},
		{"running", whole(), app + op + `health shop of u: healthy=true stopping=false
entities shop/web of u: size=1
containers shop/web/0 g1 of u: attempt=0 exitCode=0 host=h1 state=healthy wanted=true
placements shop/web/0 g1 of u: cloud=c cores=0.5 host=h1 memory=67108864 ports=49000->80/tcp
leases shop/web/0 of u: address=10.200.0.16 mac=02:42:0a:c8:00:10 network=u
endpoints shop/web/0 of u: address=10.200.0.16 generation=1 healthy=true host=h1`},
		{"crashed and failed", append(whole(),
			events.ContainerUnhealthy{Container: web(1), Host: "h1"}, events.ContainerRestarted{Container: web(1), Host: "h1", Attempt: 1, ExitCode: 3},
			events.ContainerFailed{Container: web(1), Host: "h1", Attempt: 1, ExitCode: 4}, events.ApplicationUnhealthy{Application: "shop", UID: "u"},
			events.EndpointChanged{Container: web(1), Host: "h1"}), app + op + `health shop of u: healthy=false stopping=false
entities shop/web of u: size=1
containers shop/web/0 g1 of u: attempt=1 exitCode=4 host=h1 state=failed wanted=true
placements shop/web/0 g1 of u: cloud=c cores=0.5 host=h1 memory=67108864 ports=49000->80/tcp
leases shop/web/0 of u: address=10.200.0.16 mac=02:42:0a:c8:00:10 network=u
endpoints shop/web/0 of u: healthy=false`},
		{"refused at first", slices.Concat([]events.Event{submitted()}, running(1)[:4], []events.Event{
			events.ContainerRefused{Container: web(1), Host: "h1"}, events.ContainerRefused{Container: web(1), Host: "h1", Attempt: 1},
			events.ContainerStarted{Container: web(1), Host: "h1", Attempt: 2}}), app + op + `health shop of u: healthy=false stopping=false
entities shop/web of u: size=1
containers shop/web/0 g1 of u: attempt=2 exitCode=0 host=h1 state=started wanted=true
placements shop/web/0 g1 of u: cloud=c cores=0.5 host=h1 memory=67108864 ports=49000->80/tcp
leases shop/web/0 of u: address=10.200.0.16 mac=02:42:0a:c8:00:10 network=u
endpoints shop/web/0 of u: healthy=false`},
		{"replaced", slices.Concat(whole(), ended(1, false)[:1], running(2)[:3]), app + op + `health shop of u: healthy=true stopping=false
entities shop/web of u: size=1
containers shop/web/0 g1 of u: attempt=0 exitCode=0 host=h1 state=withdrawn wanted=false
containers shop/web/0 g2 of u: attempt=0 exitCode=0 state=requested wanted=true
placements shop/web/0 g1 of u: cloud=c cores=0.5 host=h1 memory=67108864 ports=49000->80/tcp
placements shop/web/0 g2 of u: cloud=c cores=0.5 host=h1 memory=67108864 ports=49000->80/tcp
leases shop/web/0 of u: address=10.200.0.16 mac=02:42:0a:c8:00:10 network=u
endpoints shop/web/0 of u: address=10.200.0.16 generation=1 healthy=true host=h1`},
		{"gone", slices.Concat(whole(), []events.Event{
			events.OperationFinished{Operation: "op", Kind: "deploy", Outcome: "done"},
			events.OperationRequested{Operation: "bye", Kind: "delete", Application: "shop", UID: "u", Target: "shop"},
			events.OperationRequested{Operation: "more", Kind: "resize", Application: "shop", UID: "u", Target: "shop/web"},
			events.ApplicationWithdrawn{Application: "shop", UID: "u"},
		}, ended(1, true), []events.Event{events.ApplicationGone{Application: "shop", UID: "u"}}),
			`applications u: application=shop cloud=c gone=true name=Shop
operations bye: application=shop by= host= kind=delete reason= state=done target=shop uid=u
operations more: application=shop by= host= kind=resize reason=the application is gone state=failed target=shop/web uid=u
operations op: application=shop by=ci/1 host= kind=deploy reason= state=done target=shop uid=u`},
		{"the rest", []events.Event{
			events.HostReady{Cloud: "c", Host: "h1", Epoch: 3, Location: "l", Address: "a", Capacity: clocker.Capacity{Memory: 5, Cores: 2}},
			events.HostReady{Cloud: "c", Host: "h2", Epoch: 1, Location: "l", Address: "a", Capacity: clocker.Capacity{Memory: 5, Cores: 1.5}},
			events.HostCordoned{Cloud: "c", Host: "h1"}, events.HostCordoned{Cloud: "c", Host: "h2"}, events.HostUncordoned{Cloud: "c", Host: "h2"},
			events.HostSuspected{Cloud: "c", Host: "h1", Epoch: 3}, events.ImageReady{Key: "k", Image: "sha256:1", Reference: "r"},
			events.TokenCreated{Token: "t1", Name: "ci", Role: "viewer", By: "b"}, events.TokenCreated{Token: "t2", Name: "x", Role: "admin", By: "b"},
			events.TokenRevoked{Token: "t2", Name: "x", Role: "admin"}, events.DeadLetterAdded{Consumer: "ipam", Number: 4, Of: "container.placed"},
			events.DeadLetterAdded{Consumer: "ipam", Number: 5, Of: "container.placed"}, events.DeadLetterSettled{Consumer: "ipam", Number: 4},
		}, `tokens t1: by=b name=ci revoked=false role=viewer
tokens t2: by=b name=x revoked=true role=admin
images k: image=sha256:1 reference=r
hosts h1: cloud=c cordoned=true location=l state=not ready
hosts h2: address=a cloud=c cordoned=false cores=1.5 epoch=1 location=l memory=5 state=ready
dead-letters ipam/5: topic=container.placed`},
		{"imported", append(whole(), events.EventsImported{Installation: "i", Through: 9}, events.TokenCreated{Token: "t", Name: "ci"}),
			"tokens t: by= name=ci revoked=false role="},
		{"orphans", append(whole(), events.OrphanCollected{Kind: "lease", Name: "10.200.0.16 of shop/web/0"},
			events.OrphanCollected{Kind: "reservation", Name: "shop/web/0 generation 1"}), app + op + `health shop of u: healthy=true stopping=false
entities shop/web of u: size=1
containers shop/web/0 g1 of u: attempt=0 exitCode=0 host=h1 state=healthy wanted=true
endpoints shop/web/0 of u: address=10.200.0.16 generation=1 healthy=true host=h1`},
	}
	for _, tt := range tests {
		if got := text(fold(t, 1000, tt.facts...).Model()); got != tt.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tt.name, got, tt.want)
		}
	}
}

func TestApisOwnRowsFollowWhatItHasHandled(t *testing.T) {
	t.Parallel()
	facts := []events.Event{submitted(), events.OperationFinished{Operation: "op", Outcome: "done"}, events.ApplicationGone{Application: "shop", UID: "u"}}
	for handled, want := range map[int64]string{1: "running false", 2: "done false", 3: "done true"} {
		m := fold(t, handled, facts...).Model()
		if got := m[Operations]["op"]["state"] + " " + m[Applications]["u"]["gone"]; got != want {
			t.Errorf("up to %d: %s, want %s", handled, got, want)
		}
	}
}

func copyOf(m Model) Model {
	out := Model{}
	for table, rows := range m {
		out[table] = map[string]Fields{}
		for key, fields := range rows {
			out[table][key] = maps.Clone(fields)
		}
	}
	return out
}

func TestWhatPolicyDoesSilentlyIsNoDifference(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		facts []events.Event
		view  func(m Model)
		want  string
	}{
		{"policy has not heard of it", []events.Event{submitted()}, func(m Model) { delete(m, Health); delete(m, Entities) }, ""},
		{"policy has", whole(), func(m Model) { delete(m, Health) }, "health shop of u  healthy=true stopping=false nothing"},
		{"no endpoint before it is healthy", whole()[:4], func(m Model) { delete(m, Endpoints) }, ""},
		{"a healthy endpoint is missing", whole(), func(m Model) { delete(m, Endpoints) },
			"endpoints shop/web/0 of u  address=10.200.0.16 generation=1 healthy=true host=h1 nothing"},
		{"ends after its older generation", slices.Concat(whole(), ended(1, false)[:1], running(2)[:3]), func(m Model) {
			maps.Copy(m[Containers]["shop/web/0 g2 of u"], Fields{"wanted": "false", "state": "withdrawn"})
		}, ""},
		{"ends, but no event says so", whole(), func(m Model) { m[Containers]["shop/web/0 g1 of u"]["wanted"] = "false" },
			"containers shop/web/0 g1 of u wanted true false"},
		{"failed before it was cleared", append(whole()[:4], events.ContainerFailed{Container: web(1), Host: "h1"}),
			func(m Model) { m[Containers]["shop/web/0 g1 of u"]["state"] = "requested" }, ""},
		{"a host that was never ready", whole(), func(m Model) { m.put(Hosts, "h9")["state"] = "not ready" }, ""},
		{"a ready host that nobody told of", whole(), func(m Model) { m.put(Hosts, "h9")["state"] = "ready" }, "hosts h9  nothing state=ready"},
	}
	for _, tt := range tests {
		f := fold(t, 1000, tt.facts...)
		seen := copyOf(f.Model())
		tt.view(seen)
		var got []string
		list, _ := f.Compare(seen, false)
		for _, d := range list {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", d.Table, d.Key, d.Field, d.Log, d.View))
		}
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOfAPrunedLogOnlyTheRestIsCompared(t *testing.T) {
	t.Parallel()
	full := fold(t, 1000, whole()...)
	rest := fold(t, 1000, whole()[5:]...) // from ContainerStarted on
	list, untold := rest.Compare(full.Model(), true)
	if len(list) != 0 || untold != 5 { // application, operation, entity, placement, lease
		t.Errorf("%v, %d untold", list, untold)
	}
	if list, untold := rest.Compare(full.Model(), false); len(list) != 5 || untold != 0 {
		t.Errorf("%v, %d untold", list, untold)
	}
}

// Whatever happens to some containers, each one's facts in their order: the model is clean against itself, and any
// field that is changed, or row that is removed or added, is found, and nothing else.
func TestAnyChangeIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := []events.Event{submitted()}
		for g := int64(1); g <= rapid.Int64Range(1, 3).Draw(t, "generations"); g++ {
			way := slices.Concat(running(g), ended(g, false))
			facts = append(facts, way[:rapid.IntRange(1, len(way)).Draw(t, "facts")]...)
		}
		f := fold(t, 1000, facts...)
		if list, _ := f.Compare(f.Model(), false); len(list) != 0 {
			t.Fatalf("%v", list)
		}
		seen := copyOf(f.Model())
		table := rapid.SampledFrom(slices.Sorted(maps.Keys(seen))).Draw(t, "table")
		if len(seen[table]) == 0 {
			return
		}
		key := rapid.SampledFrom(slices.Sorted(maps.Keys(seen[table]))).Draw(t, "key")
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			field := rapid.SampledFrom(slices.Sorted(maps.Keys(seen[table][key]))).Draw(t, "field")
			seen[table][key][field] += "x"
			if list, _ := f.Compare(seen, false); len(list) != 1 || list[0].Table != table || list[0].Key != key || list[0].Field != field {
				t.Errorf("%s %s %s: %v", table, key, field, list)
			}
		case 1:
			delete(seen[table], key)
			if list, _ := f.Compare(seen, false); !f.may[table][key] && (len(list) != 1 || list[0].View != Nothing) {
				t.Errorf("%s %s: %v", table, key, list)
			}
		case 2:
			seen.put(table, "other")["state"] = "ready"
			if list, _ := f.Compare(seen, false); len(list) != 1 || list[0].Key != "other" || list[0].Log != Nothing {
				t.Errorf("%s: %v", table, list)
			}
		}
	})
}

// Every event is either of the model or named here as one that changes no row of it.
func TestNoEventIsForgotten(t *testing.T) {
	t.Parallel()
	none := []string{"container.waiting", "host.needed", "host.failed", "image.committed", "image.failed", "stream.refilled", "events.pruned",
		"cloud.created", "cloud.changed", "cloud.removed", "exec.started", "exec.ended"}
	for _, e := range events.All() {
		f := New(func(int64) bool { return true })
		takes := f.application(e, 1) || f.container(e) || f.address(e) || f.rest(e)
		if takes == slices.Contains(none, e.Topic()) {
			t.Errorf("%s: taken is %v", e.Topic(), takes)
		}
	}
}
