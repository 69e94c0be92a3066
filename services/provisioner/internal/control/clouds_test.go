package control_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
)

// settle delivers what a user asks of a cloud.
func (f *fixture) settle(t *testing.T, number int64, kind, cloud, params string) {
	t.Helper()
	f.request(t, number, events.OperationRequested{Operation: fmt.Sprint("op-", number), Kind: kind, Target: cloud, By: "ci/k1",
		Params: json.RawMessage(params)})
}

func settled(number int64, kind, reason string) events.OperationFinished {
	outcome := events.OutcomeDone
	if reason != "" {
		outcome = events.OutcomeFailed
	}
	return events.OperationFinished{Operation: fmt.Sprint("op-", number), Kind: kind, Outcome: outcome, Reason: reason}
}

func TestACloudIsMadeSetAndRemoved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const create, set, remove = events.OperationCloudCreate, events.OperationCloudSet, events.OperationCloudRemove
	shown := func() map[string]any {
		rows := pgtest.Query(t, f.db, `select location, max_hosts, max_containers, strategies::text as strategies, revision
			from provisioner.v_clouds where cloud = 'lab'`)
		if len(rows) != 1 {
			return nil
		}
		return rows[0]
	}
	f.settle(t, 10, create, "lab", `{"location":"localhost","maxContainers":5}`)
	f.states(t, events.CloudCreated{Cloud: "lab", Location: "localhost", MaxHosts: 1, MaxContainers: 5, By: "ci/k1",
		Strategies: []clocker.Strategy{{Name: "MaxContainers"}, {Name: "BreadthFirst"}}}, settled(10, create, ""))
	f.settle(t, 10, create, "lab", `{"location":"localhost"}`) // again: the inbox knows it
	f.settle(t, 11, create, "lab", `{"location":"localhost"}`)
	f.states(t, settled(11, create, `there is a cloud "lab" already`))
	f.settle(t, 12, create, "far", `{"location":"moon"}`)
	f.states(t, settled(12, create, `there is no location "moon"`))

	f.settle(t, 20, set, "lab", `{"location":"moon","maxHosts":0,"strategies":[{"name":"DepthFirst"}]}`)
	f.states(t, events.CloudChanged{Cloud: "lab", Location: "localhost", MaxHosts: 0, MaxContainers: 5, By: "ci/k1",
		Strategies: []clocker.Strategy{{Name: "DepthFirst"}}}, settled(20, set, ""))
	later := "a later request came first, or the cloud has changed since it was looked at; look again"
	f.settle(t, 19, set, "lab", `{"maxHosts":9}`)
	f.states(t, settled(19, set, later))
	f.settle(t, 21, set, "lab", `{"maxHosts":9,"revision":1}`)
	f.states(t, settled(21, set, later))
	f.settle(t, 22, set, "none", `{"maxHosts":9}`)
	f.states(t, settled(22, set, `there is no cloud "none"`))
	if row := shown(); row["max_hosts"] != int32(0) || row["max_containers"] != int32(5) || row["revision"] != int64(2) {
		t.Errorf("v_clouds shows %v", row)
	}

	f.settle(t, 30, remove, "lab", `{"revision":2}`)
	f.states(t, events.CloudRemoved{Cloud: "lab", By: "ci/k1"}, settled(30, remove, ""))
	if row := shown(); row != nil {
		t.Errorf("v_clouds shows %v", row)
	}
}

func TestACloudThatIsUsedStays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	pgtest.Exec(t, f.db, `insert into api.v_applications (application, cloud, gone_at) values
		('shop', 'my-docker-cloud', null), ('old', 'my-docker-cloud', now()), ('other', 'lab', null)`)
	const remove = events.OperationCloudRemove
	f.settle(t, 100, remove, "my-docker-cloud", "")
	f.states(t, settled(100, remove, `the cloud "my-docker-cloud" is in use: host localhost; application shop`))
}

// The machine is a host of the cloud that needed it first, and whoever waits in another is told.
func TestACloudOverALocationWhoseMachineIsTakenSaysSo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	f.settle(t, 100, events.OperationCloudCreate, "lab", `{"location":"localhost"}`)
	f.states(t, events.CloudCreated{Cloud: "lab", Location: "localhost", MaxHosts: 1, MaxContainers: 64, By: "ci/k1",
		Strategies: []clocker.Strategy{{Name: "MaxContainers"}, {Name: "BreadthFirst"}}}, settled(100, events.OperationCloudCreate, ""))
	pgtest.Exec(t, f.db, `insert into scheduler.v_shortages values ('lab', 3, 'no host', now())`)
	f.states(t, events.HostFailed{Cloud: "lab",
		Reason: "location localhost has no machine left for cloud lab: localhost is a host of cloud my-docker-cloud"})
}
