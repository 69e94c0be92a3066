package disk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// slack is how many lines of history a file may hold beyond twice its values.
const slack = 1000

// Log is a map of JSON values on disk. Values are to be treated as constant once written. Safe for concurrent use.
type Log[V any] struct {
	mu    sync.Mutex
	path  string
	file  *os.File
	live  map[string]entry[V]
	lines int
}

type entry[V any] struct {
	value V
	raw   string
}

// line is one change; no Value means that the key is gone.
type line struct {
	Key   string          `json:"k"`
	Value json.RawMessage `json:"v,omitempty"`
}

// Open reads the file at path, or starts one; its directory is made. Files are readable by their owner only.
func Open[V any](path string) (*Log[V], error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	l := &Log[V]{path: path, live: map[string]entry[V]{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read what was kept: %w", err)
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, len(data)+1)
	for sc.Scan() {
		l.replay(sc.Bytes())
	}
	if err := l.rewrite(); err != nil {
		return nil, err
	}
	return l, nil
}

// replay takes one line; one that is torn or of another shape says nothing.
func (l *Log[V]) replay(text []byte) {
	var n line
	if json.Unmarshal(text, &n) != nil || n.Key == "" {
		return
	}
	if n.Value == nil {
		delete(l.live, n.Key)
		return
	}
	var v V
	if json.Unmarshal(n.Value, &v) == nil {
		l.live[n.Key] = entry[V]{value: v, raw: string(n.Value)}
	}
}

// Get is the value of a key.
func (l *Log[V]) Get(key string) (V, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.live[key]
	return e.value, ok
}

// All is a copy of the whole map.
func (l *Log[V]) All() map[string]V {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]V, len(l.live))
	for k, e := range l.live {
		all[k] = e.value
	}
	return all
}

// Write sets values and drops keys in one write. What does not change is not written. After an error memory and file
// may differ; the next rewrite cures that.
func (l *Log[V]) Write(put map[string]V, drop ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var buf bytes.Buffer
	for k, v := range put {
		raw, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode %s: %w", k, err)
		}
		if old, ok := l.live[k]; ok && old.raw == string(raw) {
			continue
		}
		l.live[k] = entry[V]{value: v, raw: string(raw)}
		l.add(&buf, line{Key: k, Value: raw})
	}
	for _, k := range drop {
		if _, ok := l.live[k]; ok {
			delete(l.live, k)
			l.add(&buf, line{Key: k})
		}
	}
	if buf.Len() == 0 {
		return nil
	}
	if _, err := l.file.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("keep on disk: %w", err)
	}
	if l.lines > 2*len(l.live)+slack {
		return l.rewrite()
	}
	return nil
}

func (l *Log[V]) add(buf *bytes.Buffer, n line) {
	data, err := json.Marshal(n)
	if err != nil {
		return // a string and raw JSON always encode
	}
	buf.Write(data)
	buf.WriteByte('\n')
	l.lines++
}

// rewrite puts the values alone into a new file in place of the old one.
func (l *Log[V]) rewrite() error {
	var buf bytes.Buffer
	l.lines = 0
	for k, e := range l.live {
		l.add(&buf, line{Key: k, Value: json.RawMessage(e.raw)})
	}
	f, err := os.OpenFile(l.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep on disk: %w", err)
	}
	_, err = f.Write(buf.Bytes())
	err = errors.Join(err, f.Sync())
	if err == nil {
		err = os.Rename(l.path+".new", l.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep on disk: %w", err), f.Close())
	}
	if l.file != nil {
		err = l.file.Close()
	}
	l.file = f // the renamed file: later changes are appended to it
	return err
}

// Close closes the file; a Log that was never opened is closed.
func (l *Log[V]) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
