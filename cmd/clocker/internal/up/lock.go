package up

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Holder is the `clocker up` that holds a data directory; it is what the lock file says.
type Holder struct {
	PID      int       `json:"pid"`
	Started  time.Time `json:"started"`
	Detached bool      `json:"detached"`
	URL      string    `json:"url"`
	Ready    bool      `json:"ready"` // every service was ready once
	// Space is the pid namespace of PID: a pid means nothing in another one.
	Space string `json:"space,omitempty"`
}

// Held says that another `clocker up` works in the data directory.
type Held struct {
	Dir    string
	Holder Holder
}

func (h *Held) Error() string {
	how := "in the foreground; end it there with Ctrl-C"
	if h.Holder.Detached {
		how = "in the background; end it with: clocker down"
	}
	return fmt.Sprintf("clocker already runs on %s: process %d since %s at %s, %s", h.Dir, h.Holder.PID,
		h.Holder.Started.Local().Format(time.DateTime), h.Holder.URL, how)
}

// lock is the held lock file. The kernel gives it back when the process ends, however it ends.
type lock struct{ f *os.File }

// acquire takes the lock of a data directory, or fails with *Held.
func acquire(d Data, h Holder) (*lock, error) {
	f, err := os.OpenFile(d.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data directory: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	// Who looks who holds it shares it for a moment. A lock that can be shared is held by nobody.
	for errors.Is(err, syscall.EWOULDBLOCK) && syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, readErr := readHolder(f)
		_ = f.Close()
		return nil, errors.Join(&Held{Dir: d.Dir, Holder: holder}, readErr)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	l := &lock{f: f}
	h.PID, h.Space = os.Getpid(), pidSpace()
	if err := l.say(h); err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

// say writes who holds the lock. The text is padded, so that a reader never sees the end of a longer one before it.
func (l *lock) say(h Holder) error {
	h.PID, h.Space = os.Getpid(), pidSpace()
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	line := make([]byte, 1024)
	for i := range line {
		line[i] = ' '
	}
	copy(line, text)
	line[len(line)-1] = '\n'
	if _, err := l.f.WriteAt(line, 0); err != nil {
		return fmt.Errorf("write the lock of the data directory: %w", err)
	}
	return nil
}

func (l *lock) release() { _ = l.f.Close() }

func readHolder(f *os.File) (Holder, error) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil {
		return Holder{}, fmt.Errorf("read the lock of the data directory: %w", err)
	}
	var h Holder
	if len(text) == 0 { // taken, not yet written
		return h, nil
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("read the lock of the data directory: %w", err)
	}
	return h, nil
}

// holderOf gives who holds a data directory now; false when nobody does.
func holderOf(d Data) (Holder, bool, error) {
	h, held, err := holding(d)
	if !held {
		return Holder{}, false, err
	}
	return h, true, err
}

// holding gives who holds a data directory, or, with false, who held it last.
func holding(d Data) (Holder, bool, error) {
	f, err := os.Open(d.lockFile())
	if errors.Is(err, os.ErrNotExist) {
		return Holder{}, false, nil
	}
	if err != nil {
		return Holder{}, false, fmt.Errorf("open the lock of the data directory: %w", err)
	}
	defer f.Close() // gives the lock back
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
		return Holder{}, false, fmt.Errorf("look at the lock of the data directory: %w", err)
	}
	held := err != nil
	h, err := readHolder(f)
	return h, held, err
}

// pidSpace names the pid namespace of this process; empty where there is no such thing.
func pidSpace() string {
	s, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return s
}

// URL is where the Clocker of a data directory listens, or listened last; empty when nothing is known.
func URL(dir string) string {
	h, _, err := holderOf(Data{Dir: dir})
	if err != nil {
		return ""
	}
	return h.URL
}
