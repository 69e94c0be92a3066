package up

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/whole"
)

// Data is the data directory of an installation: everything that makes it this one and no other.
type Data struct {
	Dir          string
	Installation string // random id on everything we make in an Engine
}

// LocalHost is the id of the one host that runs on this machine.
const LocalHost = "localhost"

// OpenData makes the data directory complete: what is there is kept, what is missing is made at random. Secrets are
// readable by their owner alone.
func OpenData(dir string) (Data, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Data{}, fmt.Errorf("open data directory: %w", err)
	}
	// Root's Postgres runs as another account, which must be able to pass through.
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return Data{}, fmt.Errorf("make data directory: %w", err)
	}
	d := Data{Dir: dir}
	if d.Installation, err = keep(d.path("installation"), func() string { return random(6) }); err != nil {
		return Data{}, err
	}
	secrets := map[string]func() string{
		d.TokenFile():     func() string { return "clk_" + random(24) },
		d.JoinTokenFile(): func() string { return "clkjoin_" + random(24) },
	}
	for path, make := range secrets {
		if _, err := keep(path, make); err != nil {
			return Data{}, err
		}
	}
	return d, access.Make(d.natsAuth(), LocalHost)
}

func (d Data) path(names ...string) string {
	return filepath.Join(append([]string{d.Dir}, names...)...)
}

// TokenFile holds the bearer token of the API.
func (d Data) TokenFile() string { return d.path("token") }

// JoinTokenFile holds the token that agents register with.
func (d Data) JoinTokenFile() string { return d.path("join-token") }

// LogFile is where a detached `clocker up` logs.
func (d Data) LogFile() string { return d.path("clocker.log") }

func (d Data) lockFile() string { return d.path("up.lock") }

// natsAuth holds the identities of NATS.
func (d Data) natsAuth() string { return d.path("nats-auth") }

// credentials is the file of a user of NATS.
func (d Data) credentials(user string) string { return access.File(d.natsAuth(), user) }

// keep reads a file of one line, or makes it.
func keep(path string, make func() string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(text)) == "" {
		return "", fmt.Errorf("%s is empty; remove it and start again", path)
	}
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	if err := whole.First(path, []byte(make()+"\n")); err != nil {
		return "", err
	}
	return keep(path, make)
}

// random is n bytes in hex; crypto/rand does not fail.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
