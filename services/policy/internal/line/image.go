package line

import (
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"
)

// States of imagebuilder's view.
const (
	imageReady   = "ready"
	imageWorking = "working"
)

// Image takes in what imagebuilder said of an image; what it said later counts. Containers that failed because the
// image could not be had go on when it is ready after all.
func (l *Line) Image(i rows.Image) {
	if known := l.app.Images[i.Key]; known != nil && known.Number >= i.Number {
		return
	}
	i.Dirty = true
	l.app.Images[i.Key] = &i
	if !i.Ready || l.app.Spec == nil {
		return
	}
	l.app.All(func(c *rows.Container) { // one that is to end, too: it may go on after all
		e, ok := l.app.Spec.Entity(c.Entity)
		if ok && e.Image.Key() == i.Key && c.Phase == rows.Failed && c.Cause == rows.CauseImage {
			c.Enter(rows.Addressed, l.now)
		}
	})
}

// Recheck takes in what no event has told: images that imagebuilder's view shows as ready, and failures that are still
// undecided.
func (l *Line) Recheck() {
	for _, c := range l.app.Wanted() {
		l.Failed(events.ContainerFailed{Container: c.Container})
	}
	for key, e := range l.app.Catalog {
		if known := l.app.Images[key]; known == nil && e.State == imageReady {
			l.Image(rows.Image{Key: key, Ready: true, Image: e.Image, Reference: e.Reference})
		}
	}
}

// building is what to tell a user about an image that policy has not heard of; empty when there is nothing to tell.
func building(e rows.Entry, source clocker.ImageSource) string {
	switch {
	case e.State != imageWorking:
		return ""
	case source.Builds():
		return "building"
	default:
		return "pulling"
	}
}
