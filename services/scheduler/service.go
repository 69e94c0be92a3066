package scheduler

import (
	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
	"clocker.io/services/scheduler/internal/upkeep"
)

// Schema is scheduler's part of the database.
var Schema = store.Schema()

// New builds the service. The error is about a setting.
func New(p run.Platform) (run.Service, error) {
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	unit := pg.NewUnit(db, store.Bind)
	keeper := upkeep.New(db, unit, p.Log)
	consumer := bus.Consume("scheduler", unit,
		bus.On(placing.Requested),
		bus.On(placing.HostReady),
		bus.On(placing.HostSuspected),
		bus.On(placing.HostCordoned),
		bus.On(placing.HostUncordoned),
		bus.On(placing.HostFailed),
		bus.On(placing.CloudCreated),
		bus.On(placing.CloudChanged),
		bus.On(placing.Withdrawn),
		bus.On(placing.Failed),
		bus.On(placing.Released),
	)
	return run.Service{
		Name:       "scheduler",
		Setup:      db.Wait,
		Consumers:  []bus.Consumer{consumer},
		Responders: []bus.Responder{bus.Listen(clocker.SubjectNudge+"scheduler", "scheduler", keeper.Nudged)},
		Loops:      append(pg.Loops(p, db, consumer), run.Loop{Name: "upkeep", Run: keeper.Run}),
		Checks:     []run.Check{{Name: "database", Ready: db.Ready}},
		Close:      db.Close,
	}, nil
}
