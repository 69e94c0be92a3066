package placing_test

import (
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
)

func TestWhatWaitsIsJudgedByTheNewSettingsOfItsCloud(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	set := func(most int) []events.Event {
		pgtest.Exec(t, b.db, `update provisioner.v_clouds set max_containers = $1`, most)
		return b.give(events.CloudChanged{Cloud: "cloud", MaxContainers: most})
	}
	b.want(set(1), "")
	b.want(b.give(asks(container("shop", 0, 1), gib)), "shop/web/0.1 on localhost\n")
	b.want(b.give(asks(container("shop", 1, 1), gib)), "shop/web/1.1 waits: no host of cloud fits: 1 refused by MaxContainers (localhost has 1 of 1 containers)\nneeds a host\n")
	b.want(set(2), "shop/web/1.1 on localhost\n")
	b.want(set(1), "") // both stay
	b.want(b.give(asks(container("shop", 2, 1), gib)), "shop/web/2.1 waits: no host of cloud fits: 1 refused by MaxContainers (localhost has 2 of 1 containers)\nneeds a host\n")
}

func TestWhatWaitsForACloudThatIsMadeLaterIsPlaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pgtest.Exec(t, b.db, `delete from provisioner.v_clouds`)
	b.give(asks(container("shop", 0, 1), gib))
	pgtest.Exec(t, b.db, `insert into provisioner.v_clouds (cloud, location, max_hosts, max_containers, strategies)
		values ('cloud', 'localhost', 1, 8, '[]')`)
	b.give(events.HostFailed{Cloud: "cloud", Reason: "there is no cloud"})
	b.want(b.give(events.CloudCreated{Cloud: "cloud"}), "shop/web/0.1 waits: cloud has no host yet\nneeds a host\n")
	b.want(b.give(ready("localhost", 4*gib)), "shop/web/0.1 on localhost\n")
}
