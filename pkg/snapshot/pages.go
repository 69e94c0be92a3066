package snapshot

import (
	"fmt"

	"clocker.io/pkg/clocker"
)

// gather asks for page after page and has each added, until add says that there is no next one.
func gather[P any](ask func(clocker.Page) (P, error), add func(at clocker.Page, p P) (*clocker.Page, error)) error {
	var at clocker.Page
	for n := 1; ; n++ {
		p, err := ask(at)
		if err != nil {
			return err
		}
		next, err := add(at, p)
		if err != nil {
			return fmt.Errorf("page %d of a snapshot: %w", n, err)
		}
		if next == nil {
			return nil
		}
		at = *next
	}
}

// head is what a page of revisions says beside its rows.
type head struct {
	host               string
	epoch              int64
	previous, revision int64
	complete           bool
	next               *clocker.Page
}

// follows refuses a page that is not the one asked for at a place, after a first one. The only page is complete and says
// so: an empty answer is no page. Who answers with all of it at once, as nobody does who knows of pages and has more,
// may say what it likes of previous.
func (h head) follows(first *head, at clocker.Page) error {
	switch {
	case first == nil && h.complete == (h.next != nil):
		return fmt.Errorf("it says neither that it is all nor that there is more, or both")
	case first == nil && h.complete:
		return nil
	case h.complete:
		return fmt.Errorf("it claims to be all")
	case h.previous != at.After:
		return fmt.Errorf("it begins at revision %d, not at %d", h.previous, at.After)
	case first != nil && (h.host != first.host || h.epoch != first.epoch):
		return fmt.Errorf("it is of host %q in epoch %d, not of host %q in epoch %d", h.host, h.epoch, first.host, first.epoch)
	case h.revision < at.After:
		return fmt.Errorf("it ends at revision %d, before its beginning", h.revision)
	case h.next != nil && h.next.After != h.revision:
		return fmt.Errorf("it ends at revision %d, and the next one begins at %d", h.revision, h.next.After)
	case h.next != nil && !after(*h.next, at):
		return fmt.Errorf("the next one does not come after it")
	}
	return nil
}

// after says whether a page of revisions comes after another.
func after(next, at clocker.Page) bool {
	return next.After > at.After || next.After == at.After && next.Key > at.Key
}

// rows are what the pages listed, each once: what comes again has changed.
type rows[K comparable, V any] struct {
	list []V
	at   map[K]int
}

func (r *rows[K, V]) put(k K, v V) {
	if i, ok := r.at[k]; ok {
		r.list[i] = v
		return
	}
	if r.at == nil {
		r.at = map[K]int{}
	}
	r.at[k] = len(r.list)
	r.list = append(r.list, v)
}
