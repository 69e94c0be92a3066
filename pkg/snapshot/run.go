package snapshot

import (
	"fmt"

	"clocker.io/pkg/clocker"
)

// Run asks for the pages of the assignments of a host, and gives the complete snapshot that they make. It is as large as
// what runs on the host.
func Run(ask func(clocker.Page) (clocker.RunWant, error)) (clocker.RunWant, error) {
	var whole clocker.RunWant
	var first *head
	var got rows[clocker.Container, clocker.Assignment]
	err := gather(ask, func(at clocker.Page, p clocker.RunWant) (*clocker.Page, error) {
		h := head{host: p.Host, epoch: p.Epoch, previous: p.Previous, revision: p.Revision, complete: p.Complete, next: p.Next}
		if err := h.follows(first, at); err != nil {
			return nil, err
		}
		for _, a := range p.Assignments {
			if !p.Complete && (a.Revision <= p.Previous || a.Revision > p.Revision) {
				return nil, fmt.Errorf("the assignment of %s is of revision %d, and not between %d and %d", a.Path(), a.Revision, p.Previous, p.Revision)
			}
			got.put(a.Container, a)
		}
		if first == nil {
			first, whole = &h, p
		}
		whole.Revision = p.Revision
		return p.Next, nil
	})
	if err != nil {
		return clocker.RunWant{}, err
	}
	whole.Complete, whole.Next, whole.Owners, whole.Assignments = true, nil, nil, got.list
	return whole, nil
}

// Images asks for the pages of the image jobs of a host, and gives the complete list that they make.
func Images(ask func(clocker.Page) (clocker.ImageWant, error)) (clocker.ImageWant, error) {
	var whole clocker.ImageWant
	var first *head
	var got rows[string, clocker.ImageJob]
	err := gather(ask, func(at clocker.Page, p clocker.ImageWant) (*clocker.Page, error) {
		h := head{host: p.Host, epoch: p.Epoch, previous: p.Previous, revision: p.Revision, complete: p.Complete, next: p.Next}
		if err := h.follows(first, at); err != nil {
			return nil, err
		}
		for _, j := range p.Jobs {
			if here := (clocker.Page{After: j.Revision, Key: j.Key}); !p.Complete && (!after(here, at) || j.Revision > p.Revision) {
				return nil, fmt.Errorf("image %s of revision %d does not belong on it", j.Key, j.Revision)
			}
			got.put(j.Key, j)
		}
		if first == nil {
			first, whole = &h, p
		}
		whole.Revision = p.Revision
		return p.Next, nil
	})
	if err != nil {
		return clocker.ImageWant{}, err
	}
	whole.Complete, whole.Next, whole.Jobs = true, nil, got.list
	return whole, nil
}
