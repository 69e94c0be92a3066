package line

import (
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// Submitted takes in the application itself: its entities in their first sizes, every member queued. The spec must be
// loaded. Submitted again, it changes nothing.
func (l *Line) Submitted(number int64, operation string) {
	a := l.app
	if a.Known || a.Gone {
		return
	}
	a.Known, a.Dirty = true, true
	for _, e := range a.Spec.Entities {
		row := &rows.Entity{Entity: e.ID, Dirty: true}
		a.Entities = append(a.Entities, row)
		l.size(row, e.Size, "initial")
	}
	if operation != "" {
		l.open(&rows.Operation{ID: operation, Kind: events.OperationDeploy, Target: a.ID, Number: number, Begun: true})
	}
}

// size sets how many members an entity has: missing ones are queued, surplus ones are to end.
func (l *Line) size(e *rows.Entity, size int, why string) {
	var have []int
	for _, c := range l.app.Members(e.Entity) {
		if c.Wanted {
			have = append(have, c.Ordinal)
		}
	}
	add, drop := want.Resize(have, size)
	for _, n := range add {
		l.add(clocker.Key{UID: l.app.UID, Entity: e.Entity, Ordinal: n}, why)
	}
	for _, n := range drop {
		l.drop(l.app.Container(clocker.Key{UID: l.app.UID, Entity: e.Entity, Ordinal: n}), why)
	}
	e.Size, e.Dirty = size, true
}

// add makes an identity wanted. One that was to end but did not yet simply goes on; one that has ended is a new life, which
// shares nothing with the one before.
func (l *Line) add(k clocker.Key, why string) {
	c := l.app.Container(k)
	if c == nil {
		c = l.app.Add(&rows.Container{Container: l.app.Named(k, 0), Phase: rows.Gone})
	}
	if c.Phase != rows.Gone {
		l.goOn(c)
		return
	}
	c.Host, c.Network, c.Address, c.MAC, c.Replaced = "", "", "", "", nil
	c.Ended = l.app.Withdrawal(l.app.Named(k, c.Floor)) != nil
	c.Renew(why, l.now)
}

// goOn makes wanted again what was to end but did not yet. When its agent gave it up in between, the event that told so has
// passed, and what follows from it is decided now.
func (l *Line) goOn(c *rows.Container) {
	c.Wanted, c.Dirty = true, true
	l.Failed(events.ContainerFailed{Container: c.Container})
}

// drop makes an identity unwanted; end withdraws it.
func (l *Line) drop(c *rows.Container, why string) {
	c.Wanted, c.Why, c.Dirty = false, why, true
}

// end withdraws, for good, what is no longer wanted. What never entered the line just ends. A final withdrawal waits
// until nothing is left of older generations: with it the address becomes free, and they might still hold it.
func (l *Line) end() {
	var leaving map[clocker.Key]bool
	l.app.All(func(c *rows.Container) {
		if c.Wanted || c.Phase == rows.Gone || !l.app.Complete(c.Key()) {
			return
		}
		if c.Phase == rows.Queued && c.Floor == 0 {
			c.Enter(rows.Gone, l.now)
			return
		}
		if leaving == nil {
			leaving = l.leaving()
		}
		if !leaving[c.Key()] {
			l.withdraw(c, true, c.Why)
			c.Enter(rows.Gone, l.now)
		}
	})
}

// leaving are the identities with any generation on the way back.
func (l *Line) leaving() map[clocker.Key]bool {
	out := map[clocker.Key]bool{}
	for _, w := range l.app.Withdrawals() {
		if !w.Deleted {
			out[w.Key()] = true
		}
	}
	return out
}

// ending reports whether something unwanted is yet to be withdrawn.
func (l *Line) ending() bool {
	ending := false
	l.app.All(func(c *rows.Container) { ending = ending || c.Phase != rows.Gone })
	return ending
}

// withdraw ends the current generation: from here on its facts are dropped, except those of the way back.
func (l *Line) withdraw(c *rows.Container, final bool, reason string) {
	s := l.app.Assignment(c.Container)
	if s != nil {
		s.Desired, s.Dirty = clocker.DesiredRemoved, true
	}
	c.Floor, c.Dirty = c.Generation, true
	l.app.Leave(&rows.Withdrawal{Container: c.Container, Host: c.Host, Final: final, Assigned: s != nil, Reason: reason,
		Since: l.now, Dirty: true})
	l.state(events.ContainerWithdrawn{Container: c.Container, Host: c.Host, Final: final, Assigned: s != nil, Reason: reason})
}

// renew replaces the current generation by the next.
func (l *Line) renew(c *rows.Container, reason, why string) {
	l.withdraw(c, false, reason)
	c.Renew(why, l.now)
}
