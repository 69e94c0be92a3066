package policy

import (
	"log/slog"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/pkg/run"
	"clocker.io/pkg/trace"
	"clocker.io/services/policy/internal/push"
	"clocker.io/services/policy/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Name is the service's name, role and schema.
const Name = "policy"

// Schema is policy's part of the database. Its views read those of provisioner, scheduler, ipam and imagebuilder, so it
// is migrated after them.
var Schema = pg.Schema{Name: Name, Migrations: store.Migrations()}

var handlers = []bus.Handler[*store.Store]{
	bus.On(onSubmitted), // want
	bus.On(onOperation),
	bus.On(onWaiting),
	bus.On(onAddressed), // clear
	bus.On(onImageReady),
	bus.On(onImageFailed),
	bus.On(onContainerFailed),   // keep
	bus.On(onContainerReleased), // the way back
}

type policy struct {
	bus     *bus.Conn
	log     *slog.Logger
	unit    *pg.Unit[*store.Store]
	reader  store.Reader
	pusher  *push.Pusher
	recheck *reconcile.Queue // uids of applications to look at again
	db      *pg.DB
	now     func() time.Time
	metrics prometheus.Registerer
	tracer  *trace.Tracer
	shown   gauges
}

// New builds the service.
func New(p run.Platform) (run.Service, error) {
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	s := newPolicy(db, p)
	consumer := bus.Consume(Name, s.unit, handlers...)
	return run.Service{
		Name:      Name,
		Setup:     db.Wait,
		Consumers: []bus.Consumer{consumer},
		Responders: []bus.Responder{
			bus.Respond(clocker.SubjectFact+"*", Name, s.onFacts),
			bus.Respond(clocker.SubjectAsk+"*", Name, s.onAsk),
			bus.Listen(clocker.SubjectBeat+"*", Name, s.onBeat),
			bus.Listen(clocker.SubjectNudge+Name, Name, s.onNudge),
		},
		Loops: append(pg.Loops(p, db, consumer),
			run.Loop{Name: "push", Run: s.pusher.Run},
			run.Loop{Name: "recheck", Run: s.runRecheck},
			run.Loop{Name: "watchdog", Run: s.runWatchdog},
		),
		Checks: []run.Check{{Name: "database", Ready: db.Ready}},
		Close:  db.Close,
	}, nil
}

func newPolicy(db *pg.DB, p run.Platform) *policy {
	reader := store.Reader{DB: db}
	s := &policy{bus: p.Bus, log: p.Log, db: db, now: p.Now, reader: reader, recheck: reconcile.NewQueue(),
		pusher: push.New(reader, p.Bus, p.Log, p.Metrics), metrics: p.Metrics, tracer: p.Tracer, shown: newGauges(p.Metrics)}
	s.unit = pg.NewUnit(db, store.Bind(s.pusher.Wake))
	return s
}
