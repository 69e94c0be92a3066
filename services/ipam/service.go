package ipam

import (
	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/services/ipam/internal/addressing"
	"clocker.io/services/ipam/internal/push"
	"clocker.io/services/ipam/internal/store"
	"clocker.io/services/ipam/internal/upkeep"
)

// Schema is ipam's part of the database.
var Schema = store.Schema()

// New builds the service. The error is about a setting.
func New(p run.Platform) (run.Service, error) {
	opts, err := options(p.Env, p.Installation)
	if err != nil {
		return run.Service{}, err
	}
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	var pusher *push.Pusher
	var keeper *upkeep.Upkeep
	opts.Push = func(network, host string) { pusher.Wake(network, host) }
	opts.Retry = func(uid string) { keeper.Retry(uid) }
	unit := pg.NewUnit(db, store.Bind(opts))
	pusher = push.New(db, unit, p.Bus.Publish, p.Log, p.Metrics)
	keeper = upkeep.New(db, unit, opts.Push, p.Log, p.Metrics)

	consumer := bus.Consume("ipam", unit,
		bus.On(addressing.Placed),
		bus.On(addressing.Withdrawn),
		bus.On(addressing.Removed),
		bus.On(addressing.Healthy),
		bus.On(addressing.Unhealthy),
		bus.On(addressing.Failed),
		bus.On(addressing.Finished),
		bus.On(addressing.Gone),
	)
	return run.Service{
		Name:      "ipam",
		Setup:     db.Wait,
		Consumers: []bus.Consumer{consumer},
		Responders: []bus.Responder{
			bus.Respond(clocker.SubjectAsk+"*", "ipam", pusher.Answer),
			bus.Listen(clocker.SubjectNudge+"ipam", "ipam", keeper.Nudged),
		},
		Loops: append(pg.Loops(p, db, consumer),
			run.Loop{Name: "push", Run: pusher.Run},
			run.Loop{Name: "retry", Run: keeper.Retries},
			run.Loop{Name: "orphans", Run: keeper.Orphans},
		),
		Checks: []run.Check{{Name: "database", Ready: db.Ready}},
		Close:  db.Close,
	}, nil
}
