package replay

import (
	"maps"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Fold takes in the log, record by record, and has the model of what it tells. It is not safe for concurrent use.
type Fold struct {
	// Handled says whether api has handled the event with this number: what others state changes api's own rows then.
	Handled func(number int64) bool

	model   Model
	may     map[string]map[string]bool // rows that the views may lack
	cleared map[string]bool            // generations whose assignment was written
	asked   map[string]Fields          // what generations ask of a host
	placed  map[clocker.Key][]int64    // generations that hold something on a host
	running map[string]map[string]bool // operations by uid
	unknown int
}

// New is a fold before the first record.
func New(handled func(number int64) bool) *Fold {
	return &Fold{Handled: handled, model: Model{}, may: map[string]map[string]bool{}, cleared: map[string]bool{},
		asked: map[string]Fields{}, placed: map[clocker.Key][]int64{}, running: map[string]map[string]bool{}}
}

// Model is what was told so far.
func (f *Fold) Model() Model { return f.model }

// Unknown is how many events this version does not know.
func (f *Fold) Unknown() int { return f.unknown }

// Apply takes in the next record. One that has no number yet has Number 0.
func (f *Fold) Apply(r events.Record) {
	e, err := events.Decode(r.Topic, r.Data)
	if err != nil {
		f.unknown++
		return
	}
	_ = f.application(e, r.Number) || f.container(e) || f.address(e) || f.rest(e) // others change no row of the model
}

func (f *Fold) set(table, key string, fields Fields) { maps.Copy(f.model.put(table, key), fields) }

func (f *Fold) drop(table, key string) {
	delete(f.model[table], key)
	delete(f.may[table], key)
}

func (f *Fold) mayLack(table, key string, may bool) {
	if f.may[table] == nil {
		f.may[table] = map[string]bool{}
	}
	f.may[table][key] = may
}

func (f *Fold) handled(number int64) bool { return number > 0 && f.Handled(number) }

// application takes in what is about applications and operations.
func (f *Fold) application(e events.Event, number int64) bool {
	switch e := e.(type) {
	case events.ApplicationSubmitted:
		f.submitted(e)
	case events.OperationRequested:
		f.operation(e.Operation, Fields{"kind": e.Kind, "application": e.Application, "uid": e.UID, "host": e.Host,
			"target": e.Target, "by": e.By})
	case events.OperationFinished:
		if f.handled(number) {
			f.finish(e.Operation, e.Outcome, e.Reason)
		}
	case events.EntityResized:
		f.known(e.Application, e.UID)
		f.set(Entities, EntityKey(e.Application, e.UID, e.Entity), Fields{"size": strconv.Itoa(e.To)})
	case events.ApplicationHealthy:
		f.health(e.Application, e.UID, Fields{"healthy": "true"})
	case events.ApplicationUnhealthy:
		f.health(e.Application, e.UID, Fields{"healthy": "false"})
	case events.ApplicationWithdrawn:
		f.health(e.Application, e.UID, Fields{"healthy": "false", "stopping": "true"})
	case events.ApplicationGone:
		f.gone(e, number)
	default:
		return false
	}
	return true
}

func (f *Fold) submitted(e events.ApplicationSubmitted) {
	f.set(Applications, e.UID, Fields{"application": e.Application, "name": e.Name, "cloud": e.Cloud, "gone": "false"})
	f.operation(e.Operation, Fields{"kind": events.OperationDeploy, "application": e.Application, "uid": e.UID,
		"host": "", "target": e.Application, "by": e.By})
	// Policy's rows come when it hears of this; it may not have yet.
	key := ApplicationKey(e.Application, e.UID)
	f.set(Health, key, Fields{"healthy": "false", "stopping": "false"})
	f.mayLack(Health, key, true)
	for _, entity := range e.Entities {
		key := EntityKey(e.Application, e.UID, entity.Entity)
		f.set(Entities, key, Fields{"size": strconv.Itoa(entity.Size)})
		f.mayLack(Entities, key, true)
	}
}

// known notes that policy has heard of an application.
func (f *Fold) known(application, uid string) {
	delete(f.may[Health], ApplicationKey(application, uid))
	prefix, suffix := application+"/", " of "+uid
	for key := range f.may[Entities] {
		if strings.HasPrefix(key, prefix) && strings.HasSuffix(key, suffix) {
			delete(f.may[Entities], key)
		}
	}
}

func (f *Fold) health(application, uid string, fields Fields) {
	f.known(application, uid)
	f.set(Health, ApplicationKey(application, uid), fields)
}

// operation begins an operation; one without an id was never kept.
func (f *Fold) operation(id string, fields Fields) {
	if id == "" {
		return
	}
	f.set(Operations, id, fields)
	f.set(Operations, id, Fields{"state": "running", "reason": ""})
	uid := fields["uid"]
	if f.running[uid] == nil {
		f.running[uid] = map[string]bool{}
	}
	f.running[uid][id] = true
}

// finish closes an operation once.
func (f *Fold) finish(id, outcome, reason string) {
	row := f.model.Row(Operations, id)
	if row != nil && row["state"] != "running" {
		return
	}
	f.set(Operations, id, Fields{"state": outcome, "reason": reason})
	delete(f.running[row["uid"]], id)
}

// gone ends what policy has of an application at once, and what api has when it hears of it.
func (f *Fold) gone(e events.ApplicationGone, number int64) {
	f.drop(Health, ApplicationKey(e.Application, e.UID))
	prefix, suffix := e.Application+"/", " of "+e.UID
	for key := range f.model[Entities] {
		if strings.HasPrefix(key, prefix) && strings.HasSuffix(key, suffix) {
			f.drop(Entities, key)
		}
	}
	for _, table := range []string{Leases, Endpoints} { // ipam takes back what is left, silently
		for key := range f.model[table] {
			if strings.HasSuffix(key, suffix) {
				f.mayLack(table, key, true)
			}
		}
	}
	if !f.handled(number) {
		return
	}
	f.set(Applications, e.UID, Fields{"gone": "true"})
	for id := range f.running[e.UID] {
		f.close(id)
	}
}

// close ends an operation of an application that is gone.
func (f *Fold) close(id string) {
	row := f.model.Row(Operations, id)
	deploys := row["kind"] == events.OperationCancel && f.model.Row(Operations, row["target"])["kind"] == events.OperationDeploy
	if row["kind"] == events.OperationDelete || deploys {
		f.finish(id, events.OutcomeDone, "")
		return
	}
	f.finish(id, events.OutcomeFailed, "the application is gone")
}

// rest takes in what is about hosts, images, tokens and dead letters.
func (f *Fold) rest(e events.Event) bool {
	switch e := e.(type) {
	case events.HostReady:
		f.set(Hosts, e.Host, Fields{"cloud": e.Cloud, "location": e.Location, "state": "ready", "address": e.Address,
			"epoch": strconv.FormatInt(e.Epoch, 10), "memory": strconv.FormatInt(e.Capacity.Memory, 10),
			"cores": number(e.Capacity.Cores)})
	case events.HostSuspected:
		// Its agent may register again from here on, silently: with a new epoch and whatever it then says of itself.
		row := f.model.put(Hosts, e.Host)
		for _, field := range []string{"address", "epoch", "memory", "cores"} {
			delete(row, field)
		}
		f.set(Hosts, e.Host, Fields{"cloud": e.Cloud, "state": "not ready"})
	case events.HostCordoned:
		f.set(Hosts, e.Host, Fields{"cloud": e.Cloud, "cordoned": "true"})
	case events.HostUncordoned:
		f.set(Hosts, e.Host, Fields{"cloud": e.Cloud, "cordoned": "false"})
	case events.ImageReady:
		f.set(Images, e.Key, Fields{"image": e.Image, "reference": e.Reference})
		f.mayLack(Images, e.Key, true) // it may be made anew, or nobody asks for it any more
	case events.TokenCreated:
		f.set(Tokens, e.Token, Fields{"name": e.Name, "role": e.Role, "by": e.By, "revoked": "false"})
	case events.TokenRevoked:
		f.set(Tokens, e.Token, Fields{"name": e.Name, "role": e.Role, "revoked": "true"})
	case events.DeadLetterAdded:
		f.set(Letters, LetterKey(e.Consumer, e.Number), Fields{"topic": e.Of})
	case events.DeadLetterSettled:
		f.drop(Letters, LetterKey(e.Consumer, e.Number))
	case events.OrphanCollected:
		f.orphan(e)
	case events.EventsImported:
		*f = *New(f.Handled) // of what was told before, nothing but the events came along
	default:
		return false
	}
	return true
}

// orphan takes in that a row went that policy did not know. The event names it in words.
func (f *Fold) orphan(e events.OrphanCollected) {
	switch e.Kind {
	case "lease":
		address, path, _ := strings.Cut(e.Name, " of ")
		for key, row := range f.model[Leases] {
			if row["address"] == address && strings.HasPrefix(key, path+" of ") {
				f.drop(Leases, key)
			}
		}
	case "reservation":
		for key := range f.model[Placements] {
			if strings.HasPrefix(key, strings.Replace(e.Name, " generation ", " g", 1)+" of ") {
				f.drop(Placements, key)
			}
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
