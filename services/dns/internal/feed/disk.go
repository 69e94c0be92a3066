package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/whole"
	"clocker.io/services/dns/internal/zone"
)

const saveEvery = 500 * time.Millisecond // at most: a deployment changes the zone many times a second

// Load serves what is on disk, if there is something for this host; a copy that cannot be read is an error and
// changes nothing.
func (f *Feed) Load() error {
	data, err := os.ReadFile(f.cfg.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load networks: %w", err)
	}
	var s clocker.NetworkSnapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("load networks: %w", err)
	}
	if s.Host != f.cfg.Host {
		return fmt.Errorf("load networks: %s is about host %q", f.cfg.File, s.Host)
	}
	f.zone.Store(zone.New(f.cfg.Host, s))
	if info, err := os.Stat(f.cfg.File); err == nil {
		f.seen.Store(info.ModTime().UnixNano())
	}
	f.cfg.Changed()
	return nil
}

// Keep writes the zone to disk after changes, and a last time when ctx ends; it returns then.
func (f *Feed) Keep(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			f.saveIfBehind()
			return ctx.Err()
		case <-f.unsave:
			f.save()
		}
		pause := time.NewTimer(saveEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
		case <-pause.C:
		}
	}
}

func (f *Feed) saveIfBehind() {
	select {
	case <-f.unsave:
		f.save()
	default:
	}
}

// save writes the zone, or when the file says the same already, only the time at which it was true.
func (f *Feed) save() {
	data, err := json.Marshal(f.Zone().Snapshot())
	if err == nil {
		err = os.MkdirAll(filepath.Dir(f.cfg.File), 0o700)
	}
	if err == nil {
		err = whole.Write(f.cfg.File, data)
	}
	if err == nil {
		now := f.cfg.Now()
		err = os.Chtimes(f.cfg.File, now, now)
	}
	if err != nil {
		f.cfg.Log.Warn("keep networks on disk", "reason", err)
	}
}
