package outbox

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"clocker.io/services/agent/internal/disk"

	"clocker.io/pkg/clocker"
)

const counterKey = "counter" // of a fact without a kind, which holds the highest counter used

// Outbox holds facts that are not settled yet. Safe for concurrent use.
type Outbox struct {
	path string
	log  *disk.Log[clocker.Fact]

	mu      sync.Mutex
	counter int64
	waiting []clocker.Fact // by counter
	wake    map[string]chan struct{}
}

// Nouns are the owners' words that facts are sent under.
var Nouns = []string{"container", "image", "host"}

// New makes an outbox kept at path. Nothing is read before Load.
func New(path string) *Outbox {
	o := &Outbox{path: path, wake: map[string]chan struct{}{}}
	for _, noun := range Nouns {
		o.wake[noun] = make(chan struct{}, 1)
	}
	return o
}

// Load reads the facts that were kept. Call it once, before anything else.
func (o *Outbox) Load() error {
	log, err := disk.Open[clocker.Fact](o.path)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	o.log = log
	for key, f := range log.All() {
		o.counter = max(o.counter, f.Counter)
		if key != counterKey {
			o.waiting = append(o.waiting, f)
		}
	}
	slices.SortFunc(o.waiting, func(a, b clocker.Fact) int { return int(a.Counter - b.Counter) })
	return nil
}

// Add keeps facts in the order given. When it returns without error they are on disk. A fact equal to the last one
// waiting about the same container says nothing new and is left out.
func (o *Outbox) Add(facts ...clocker.Fact) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	put := map[string]clocker.Fact{}
	var fresh []clocker.Fact
	next := o.counter
	for _, f := range facts {
		last := latest(fresh, f.Container)
		if last == nil {
			last = latest(o.waiting, f.Container)
		}
		if last != nil && repeats(*last, f) {
			continue
		}
		next++
		f.Counter = next
		put[key(next)] = f
		fresh = append(fresh, f)
	}
	if len(fresh) == 0 {
		return nil
	}
	put[counterKey] = clocker.Fact{Counter: next}
	if err := o.log.Write(put); err != nil {
		return fmt.Errorf("keep facts: %w", err)
	}
	o.counter = next
	o.waiting = append(o.waiting, fresh...)
	for _, f := range fresh {
		o.signal(f.Kind.Noun())
	}
	return nil
}

// latest is the last of some facts about a container; nil when there is none.
func latest(facts []clocker.Fact, c *clocker.Container) *clocker.Fact {
	for i := len(facts) - 1; i >= 0 && c != nil; i-- {
		if f := &facts[i]; f.Container != nil && *f.Container == *c {
			return f
		}
	}
	return nil
}

func repeats(last, f clocker.Fact) bool {
	last.Counter, last.Trace = f.Counter, f.Trace
	return reflect.DeepEqual(last, f)
}

// Waiting is at most limit facts of a noun, oldest first.
func (o *Outbox) Waiting(noun string, limit int) []clocker.Fact {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []clocker.Fact
	for _, f := range o.waiting {
		if f.Kind.Noun() == noun && len(out) < limit {
			out = append(out, f)
		}
	}
	return out
}

// Settle forgets facts that their owner has answered for.
func (o *Outbox) Settle(facts []clocker.Fact) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	done := map[int64]bool{}
	var drop []string
	for _, f := range facts {
		done[f.Counter] = true
		drop = append(drop, key(f.Counter))
	}
	o.waiting = slices.DeleteFunc(o.waiting, func(f clocker.Fact) bool { return done[f.Counter] })
	if err := o.log.Write(nil, drop...); err != nil {
		return fmt.Errorf("forget settled facts: %w", err)
	}
	return nil
}

// Close closes the file.
func (o *Outbox) Close() error { return o.log.Close() }

// Wake has every noun tried again now.
func (o *Outbox) Wake() {
	for _, noun := range Nouns {
		o.signal(noun)
	}
}

func (o *Outbox) signal(noun string) {
	select {
	case o.wake[noun] <- struct{}{}:
	default:
	}
}

func key(counter int64) string { return strconv.FormatInt(counter, 10) }
