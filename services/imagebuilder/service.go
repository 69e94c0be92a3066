package imagebuilder

import (
	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/services/imagebuilder/internal/jobs"
	"clocker.io/services/imagebuilder/internal/store"
)

// Schema is the service's part of the database.
var Schema = pg.Schema{Name: "imagebuilder", Migrations: store.Migrations()}

// New builds the service.
func New(p run.Platform) (run.Service, error) {
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	j := jobs.New(jobs.Config{DB: db, Bus: p.Bus, Now: p.Now, Log: p.Log})
	consumer := bus.Consume("imagebuilder", j.Unit(), bus.On(j.Submitted), bus.On(j.Gone), bus.On(j.HostReady))

	return run.Service{
		Name:      "imagebuilder",
		Setup:     db.Wait,
		Consumers: []bus.Consumer{consumer},
		Responders: []bus.Responder{
			bus.Respond(clocker.SubjectFact+"*", "imagebuilder", j.Facts),
			bus.Respond(clocker.SubjectAsk+"*", "imagebuilder", j.Ask),
			bus.Listen(clocker.SubjectBeat+"*", "", j.Beat),
			bus.Listen(clocker.SubjectNudge+"imagebuilder", "", j.Nudged),
		},
		Loops:  append(pg.Loops(p, db, consumer), run.Loop{Name: "images", Run: j.Run}),
		Checks: []run.Check{{Name: "database", Ready: db.Ready}, {Name: "bus", Ready: p.Bus.Ready}},
		Close:  db.Close,
	}, nil
}
