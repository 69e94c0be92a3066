package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

// errLost is what an asker gets of an answer that does not come.
var errLost = errors.New("lost")

// owner is policy as far as it tells one host: rows that have revisions, and answers that were given.
type owner struct {
	epoch, revision int64
	rows            map[int]clocker.Assignment
	size            int // rows on a page
	given           []clocker.RunWant
}

func (o *owner) set(n int, d clocker.Desired) {
	o.revision++
	o.rows[n] = clocker.Assignment{Container: clocker.Container{UID: "u1", Entity: "web", Ordinal: n, Generation: 1}, Revision: o.revision, Desired: d}
}

func (o *owner) page(at clocker.Page) clocker.RunWant {
	w := clocker.RunWant{Host: "h", Epoch: o.epoch, Previous: at.After, Revision: o.revision}
	list := slices.SortedFunc(maps.Values(o.rows), func(x, y clocker.Assignment) int { return cmp.Compare(x.Revision, y.Revision) })
	for _, a := range list {
		if a.Revision <= at.After {
			continue
		}
		if len(w.Assignments) == o.size {
			w.Revision = w.Assignments[o.size-1].Revision
			w.Next = &clocker.Page{After: w.Revision}
			break
		}
		w.Assignments = append(w.Assignments, a)
	}
	w.Complete = at.After == 0 && w.Next == nil
	o.given = append(o.given, w)
	return w
}

// Whatever changes meanwhile, and whatever is lost, doubled, late, of another epoch or cut off: the pages make a snapshot that
// lacks nothing that there is, or none. Without a fault they make one.
func TestPagesMakeAllOrNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := &owner{epoch: 1, rows: map[int]clocker.Assignment{}, size: rapid.IntRange(1, 4).Draw(rt, "page")}
		ever := map[int]bool{} // since the question
		for n := range rapid.IntRange(0, 12).Draw(rt, "rows") {
			o.set(n, clocker.DesiredRunning)
		}
		other := &owner{epoch: 1, rows: map[int]clocker.Assignment{}, size: o.size, revision: 3}
		for n := range 6 {
			other.set(n+20, clocker.DesiredRunning)
		}
		for n := range o.rows {
			ever[n] = true
		}
		faults, epoch, last := 0, o.epoch, o.rows
		_ = o.page(clocker.Page{After: o.revision / 2}) // of a question before
		got, err := Run(func(at clocker.Page) (clocker.RunWant, error) {
			for range rapid.IntRange(0, 2).Draw(rt, "changes") {
				switch n := rapid.IntRange(0, 15).Draw(rt, "row"); rapid.SampledFrom([]string{"set", "remove", "delete", "register"}).Draw(rt, "change") {
				case "set":
					o.set(n, clocker.DesiredRunning)
					ever[n] = true
				case "remove":
					o.set(n, clocker.DesiredRemoved)
					ever[n] = true
				case "delete":
					delete(o.rows, n)
				case "register":
					if rapid.IntRange(0, 9).Draw(rt, "really") == 9 {
						o.epoch++
					}
				}
			}
			if o.revision > 40 { // enough happened
				o.size = 100
			}
			p := o.page(at)
			last = maps.Clone(o.rows)
			switch rapid.SampledFrom([]string{"", "", "", "", "", "lost", "doubled", "other", "empty"}).Draw(rt, "fault") {
			case "lost":
				faults++
				return clocker.RunWant{}, errLost
			case "doubled": // or late: an answer of before
				p = o.given[rapid.IntRange(0, len(o.given)-2).Draw(rt, "which")]
				faults++
			case "other":
				p = other.page(at)
				p.Host = "x"
				faults++
			case "empty":
				faults++
				return clocker.RunWant{}, nil
			}
			return p, nil
		})
		if err != nil {
			if faults == 0 && o.epoch == epoch {
				rt.Fatalf("nothing went wrong, and there is no snapshot: %v", err)
			}
			if !reflect.DeepEqual(got, clocker.RunWant{}) {
				rt.Fatalf("%v, and yet %+v", err, got)
			}
			return
		}
		if got.Host != "h" { // the only page, of another host: who asked for it sees that
			return
		}
		check(rt, got, last, ever)
	})
}

// check holds a snapshot against the rows that there were when the last page was read.
func check(rt *rapid.T, got clocker.RunWant, rows map[int]clocker.Assignment, ever map[int]bool) {
	listed := map[int]clocker.Assignment{}
	for _, a := range got.Assignments {
		if _, ok := listed[a.Ordinal]; ok || !ever[a.Ordinal] {
			rt.Fatalf("%s is listed twice or was never there", a.Path())
		}
		listed[a.Ordinal] = a
	}
	for n, a := range rows {
		if a.Revision <= got.Revision && !reflect.DeepEqual(listed[n], a) {
			rt.Fatalf("at revision %d row %d is %+v, listed as %+v", got.Revision, n, a, listed[n])
		}
	}
	if !got.Complete || got.Next != nil {
		rt.Fatalf("%+v is not complete", got)
	}
}

func TestPagesThatDoNotFollowAreRefused(t *testing.T) {
	t.Parallel()
	row := func(revision int64) []clocker.Assignment { return []clocker.Assignment{{Revision: revision}} }
	first := clocker.RunWant{Host: "h", Epoch: 1, Revision: 5, Assignments: row(5), Next: &clocker.Page{After: 5}}
	for name, pages := range map[string][]clocker.RunWant{
		"empty":                   {{}},
		"complete, and more":      {{Host: "h", Epoch: 1, Revision: 5, Complete: true, Next: &clocker.Page{After: 5}}},
		"second is empty":         {first, {}},
		"second is complete":      {first, {Host: "h", Epoch: 1, Previous: 5, Revision: 9, Complete: true}},
		"first once more":         {first, first},
		"gap":                     {first, {Host: "h", Epoch: 1, Previous: 6, Revision: 9}},
		"another epoch":           {first, {Host: "h", Epoch: 2, Previous: 5, Revision: 9}},
		"another host":            {first, {Host: "x", Epoch: 1, Previous: 5, Revision: 9}},
		"ends before it begins":   {first, {Host: "h", Epoch: 1, Previous: 5, Revision: 4}},
		"row of a page before":    {first, {Host: "h", Epoch: 1, Previous: 5, Revision: 9, Assignments: row(5)}},
		"row of a page to come":   {first, {Host: "h", Epoch: 1, Previous: 5, Revision: 9, Assignments: row(10)}},
		"leads elsewhere":         {{Host: "h", Epoch: 1, Revision: 5, Assignments: row(5), Next: &clocker.Page{After: 9}}},
		"leads to where it began": {first, {Host: "h", Epoch: 1, Previous: 5, Revision: 5, Next: &clocker.Page{After: 5}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			got, err := Run(func(clocker.Page) (clocker.RunWant, error) { n++; return pages[n-1], nil })
			if err == nil || n != len(pages) {
				t.Errorf("%+v after %d pages, %v", got, n, err)
			}
		})
	}
	whole, err := Run(func(clocker.Page) (clocker.RunWant, error) {
		return clocker.RunWant{Host: "h", Epoch: 1, Revision: 5, Complete: true, Assignments: row(5)}, nil
	})
	if err != nil || !whole.Complete || len(whole.Assignments) != 1 {
		t.Errorf("all at once, from who knows of no pages: %+v, %v", whole, err)
	}
}

func TestImagesOfOneRevisionMayBeOnSeveralPages(t *testing.T) {
	t.Parallel()
	jobs := []clocker.ImageJob{{Key: "a", Revision: 2}, {Key: "b", Revision: 2}, {Key: "c", Revision: 2}, {Key: "a", Revision: 3, Done: true}}
	page := func(n int, next *clocker.Page) clocker.ImageWant {
		w := clocker.ImageWant{Host: "h", Epoch: 1, Revision: 4, Jobs: jobs[n : n+1], Next: next}
		if n > 0 {
			w.Previous = jobs[n-1].Revision
		}
		if next != nil {
			w.Revision = next.After
		}
		return w
	}
	pages := []clocker.ImageWant{page(0, &clocker.Page{After: 2, Key: "a"}), page(1, &clocker.Page{After: 2, Key: "b"}),
		page(2, &clocker.Page{After: 2, Key: "c"}), page(3, nil)}
	var asked []clocker.Page
	got, err := Images(func(at clocker.Page) (clocker.ImageWant, error) {
		asked = append(asked, at)
		return pages[len(asked)-1], nil
	})
	if err != nil || !got.Complete || got.Revision != 4 || len(got.Jobs) != 3 || !got.Jobs[0].Done {
		t.Errorf("%+v, %v", got, err)
	}
	if want := "[{0 } {2 a} {2 b} {2 c}]"; fmt.Sprint(asked) != want {
		t.Errorf("asked for %v, want %s", asked, want)
	}
	pages[1] = page(0, &clocker.Page{After: 2, Key: "b"}) // doubled
	pages[1].Previous = 2
	asked = nil
	if got, err := Images(func(at clocker.Page) (clocker.ImageWant, error) {
		asked = append(asked, at)
		return pages[len(asked)-1], nil
	}); err == nil {
		t.Errorf("%+v", got)
	}
}
