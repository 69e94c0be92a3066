package contexts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/whole"
)

// Local is the name of the installation on this machine; no other context may have it.
const Local = "local"

// Context is an installation: where its API is, what it takes for a token, and who signed its certificate.
type Context struct {
	URL       string `json:"url"`
	Token     string `json:"token,omitempty"`
	TokenFile string `json:"tokenFile,omitempty"` // read whenever it is needed
	CA        string `json:"ca,omitempty"`        // file in PEM
}

// File is what is kept. Current is empty for the local installation.
type File struct {
	Current  string             `json:"current,omitempty"`
	Contexts map[string]Context `json:"contexts"`
}

// Load reads the file; none is an empty one.
func Load(path string) (File, error) {
	f := File{Contexts: map[string]Context{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read the contexts: %w", err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("read the contexts: %s is damaged: %w; mend or remove it", path, err)
	}
	if f.Contexts == nil {
		f.Contexts = map[string]Context{}
	}
	return f, nil
}

// Change lets fn change what is kept. Of two at once the second waits, and sees what the first did.
func Change(path string, fn func(*File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("write the contexts: %w", err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the contexts: %w", err)
	}
	f, err := Load(path)
	if err != nil {
		return err
	}
	if err := fn(&f); err != nil {
		return err
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return whole.Write(path, append(text, '\n'))
}

// Get gives a context by its name.
func (f File) Get(name string) (Context, error) {
	c, ok := f.Contexts[name]
	if !ok {
		return c, &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("there is no context %q; see: clocker ctx ls", name)}
	}
	return c, nil
}

// Add puts a context in; one of that name is replaced only if asked for.
func (f *File) Add(name string, c Context, replace bool) error {
	if !clocker.ValidID(name) || name == Local {
		return &clocker.Error{Code: clocker.Invalid,
			Message: fmt.Sprintf("%q cannot be the name of a context: a-z, 0-9 and -, at most 40, and not %s", name, Local)}
	}
	if _, taken := f.Contexts[name]; taken && !replace {
		return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("there is a context %q already; --replace puts this one in its place", name)}
	}
	f.Contexts[name] = c
	return nil
}

// Use makes a context the one that is meant when nothing is said.
func (f *File) Use(name string) error {
	if name == Local {
		f.Current = ""
		return nil
	}
	_, err := f.Get(name)
	if err == nil {
		f.Current = name
	}
	return err
}

// Remove takes a context out. When it was in use, the local installation is meant from then on.
func (f *File) Remove(name string) error {
	if _, err := f.Get(name); err != nil {
		return err
	}
	delete(f.Contexts, name)
	if f.Current == name {
		f.Current = ""
	}
	return nil
}

// Secret is the context's token.
func (c Context) Secret() (string, error) {
	if c.TokenFile == "" {
		return c.Token, nil
	}
	text, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token of the context: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
