package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"clocker.io/pkg/clocker"
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
		if old, readErr := os.ReadFile(f.cfg.File); readErr == nil && bytes.Equal(old, data) {
			now := f.cfg.Now()
			err = os.Chtimes(f.cfg.File, now, now)
		} else {
			err = write(f.cfg.File, data)
		}
	}
	if err != nil {
		f.cfg.Log.Warn("keep networks on disk", "reason", err)
	}
}

// write puts a snapshot in place of the one before in one step: a reader sees the old or the new one, whole.
func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".networks-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already after the rename
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", tmp.Name(), err)
	}
	return os.Rename(tmp.Name(), file)
}
