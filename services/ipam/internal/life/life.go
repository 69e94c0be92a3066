package life

import (
	"cmp"
	"slices"
)

// remembered is how many released partings are kept, so that a late fact about one of them is recognised.
const remembered = 32

// Holder is a generation on a host; the zero value is none.
type Holder struct {
	Generation int64
	Host       string
}

// Life is one container identity. The zero value is one that nobody has heard of.
type Life struct {
	Live    Holder // what the endpoint names
	Healthy bool   // Live answers
	Heard   int64  // number of the event that last told of Live's health
	Next    Holder // the newest placed generation that waits for Live to go
	Floor   int64  // highest withdrawn generation
	Parting []Parting
}

// Parting is what is known of a generation's way back.
type Parting struct {
	Generation int64  `json:"generation"`
	Host       string `json:"host,omitempty"`
	Withdrawn  bool   `json:"withdrawn,omitempty"`
	Final      bool   `json:"final,omitempty"`    // the identity ends with it
	Assigned   bool   `json:"assigned,omitempty"` // an agent holds it, so it must be removed first
	Removed    bool   `json:"removed,omitempty"`
	Released   bool   `json:"released,omitempty"`
}

// Release says that a withdrawn generation no longer holds the address. Kept says that the identity keeps it.
type Release struct {
	Generation int64
	Host       string
	Kept       bool
}

// Clone copies a life, so that before and after can be compared.
func (l Life) Clone() Life {
	l.Parting = slices.Clone(l.Parting)
	return l
}

// Place takes in that a generation was placed on a host. It reports false when that is no news: withdrawn, removed,
// older than one that is known, or known itself.
func (l *Life) Place(h Holder) bool {
	if h.Generation <= max(l.Floor, l.Live.Generation, l.Next.Generation) {
		return false
	}
	if i, found := l.find(h.Generation); found && l.Parting[i].Removed {
		return false
	}
	l.Next = h
	l.promote()
	return true
}

// Withdraw takes in that a generation, and every older one, is not to be any more.
func (l *Life) Withdraw(p Parting) {
	at := l.parting(p.Generation)
	at.Withdrawn, at.Final, at.Assigned = true, p.Final, p.Assigned
	at.Host = cmp.Or(p.Host, at.Host)
	l.Floor = max(l.Floor, p.Generation)
	if l.Next.Generation <= l.Floor {
		l.Next = Holder{}
	}
	if l.Live.Generation == p.Generation && !p.Assigned {
		at.Host = cmp.Or(at.Host, l.Live.Host)
		l.leave()
	}
}

// Remove takes in that an agent removed a generation.
func (l *Life) Remove(h Holder) {
	at := l.parting(h.Generation)
	at.Removed = true
	at.Host = cmp.Or(h.Host, at.Host)
	if l.Next.Generation == h.Generation {
		l.Next = Holder{}
	}
	if l.Live.Generation == h.Generation {
		l.leave()
	}
}

// Hear takes in what the event with this number says of a generation's health: only the newest counts, and a
// withdrawn generation does not become healthy again.
func (l *Life) Hear(generation int64, healthy bool, number int64) {
	if generation != l.Live.Generation || number <= l.Heard {
		return
	}
	l.Heard = number
	l.Healthy = healthy && generation > l.Floor
}

// Settle releases the generations that are withdrawn and gone, oldest first, up to the first that is not. Each is
// released once.
func (l *Life) Settle() []Release {
	var out []Release
	for i := range l.Parting {
		p := &l.Parting[i]
		if p.Released {
			continue
		}
		gone := p.Withdrawn && (p.Removed || !p.Assigned)
		if older := l.Live.Generation; !gone || (older != 0 && older <= p.Generation) {
			break
		}
		p.Released = true
		out = append(out, Release{Generation: p.Generation, Host: p.Host, Kept: !p.Final && !l.Ended() || l.Live != (Holder{})})
	}
	l.forget()
	return out
}

// Ended reports whether the identity's address may go to somebody else: nothing lives, and what was last released was
// final.
func (l *Life) Ended() bool {
	if l.Live != (Holder{}) || l.Next != (Holder{}) || len(l.Parting) == 0 {
		return false
	}
	last := l.Parting[len(l.Parting)-1]
	return last.Released && last.Final
}

func (l *Life) leave() {
	l.Live, l.Healthy, l.Heard = Holder{}, false, 0
	l.promote()
}

func (l *Life) promote() {
	if l.Live == (Holder{}) && l.Next != (Holder{}) {
		l.Live, l.Next = l.Next, Holder{}
		l.Healthy, l.Heard = false, 0
	}
}

func (l *Life) find(generation int64) (int, bool) {
	return slices.BinarySearchFunc(l.Parting, generation, func(p Parting, g int64) int {
		return cmp.Compare(p.Generation, g)
	})
}

// parting finds a generation's, or begins it; they stay sorted by generation.
func (l *Life) parting(generation int64) *Parting {
	i, found := l.find(generation)
	if !found {
		l.Parting = slices.Insert(l.Parting, i, Parting{Generation: generation})
	}
	return &l.Parting[i]
}

// forget drops the oldest released partings beyond those remembered.
func (l *Life) forget() {
	for len(l.Parting) > remembered && l.Parting[0].Released {
		l.Parting = l.Parting[1:]
	}
}
