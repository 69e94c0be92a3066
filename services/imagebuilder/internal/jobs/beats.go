package jobs

import (
	"context"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/imagebuilder/internal/store"
)

// lagTime is how long a host may be behind before it is told again: what was pushed may be on its way.
const lagTime = 2 * time.Second

// beats are the revisions that agents say they have. Safe for concurrent use.
type beats struct {
	mu   sync.Mutex
	last map[string]clocker.Beat
	lags map[string]lag
}

// lag is since when a host has been behind a revision.
type lag struct {
	revision int64
	since    time.Time
}

func newBeats() *beats { return &beats{last: map[string]clocker.Beat{}, lags: map[string]lag{}} }

// Beat hears a heartbeat.
func (j *Jobs) Beat(_ context.Context, subject string, b clocker.Beat) {
	j.beats.mu.Lock()
	defer j.beats.mu.Unlock()
	j.beats.last[clocker.Speaker(subject)] = b
}

// behind reports whether a host has lacked a revision for a while. It then counts anew, so that it is told once in that
// time.
func (b *beats) behind(r store.Revision, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	beat, heard := b.last[r.Host]
	if !heard || beat.Epoch != r.Epoch || beat.ImageRevision >= r.Revision {
		delete(b.lags, r.Host)
		return false
	}
	l, ok := b.lags[r.Host]
	if !ok || beat.ImageRevision >= l.revision {
		l = lag{revision: r.Revision, since: now}
	}
	late := now.Sub(l.since) >= lagTime
	if late {
		l = lag{revision: r.Revision, since: now}
	}
	b.lags[r.Host] = l
	return late
}
