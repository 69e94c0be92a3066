package up

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"clocker.io/pkg/pg/server"
)

// Survey is what lies in a data directory, as a look finds it that makes and changes nothing.
type Survey struct {
	Installation string // empty when it has no id yet
	Holder       Holder // who holds it, or held it last
	Held         bool
	Elsewhere    bool // Holder is written in another pid namespace
	LockFile     string
	LogFile      string
	Secrets      []string // files that their owner alone should read
	Authority    []string // certificates of an authority of the installation's own
	PostgresDir  string
	Postgres     server.Found
}

// Examine looks at a data directory. What it found comes with the error, which is about what it could not read.
func Examine(dir string) (Survey, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Survey{}, fmt.Errorf("look at the data directory: %w", err)
	}
	d := Data{Dir: abs}
	s := Survey{LockFile: d.lockFile(), LogFile: d.LogFile(), PostgresDir: d.path("postgres")}
	text, err := os.ReadFile(d.path("installation"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("look at the data directory: %w", err)
	}
	s.Installation = strings.TrimSpace(string(text))
	if s.Holder, s.Held, err = holding(d); err != nil {
		return s, err
	}
	s.Elsewhere = s.Holder.Space != pidSpace()
	s.Secrets = slices.Concat(there(d.TokenFile()), there(d.JoinTokenFile()), there(d.path("postgres-password")),
		there(filepath.Join(d.natsAuth(), "users", "*.creds")), there(filepath.Join(d.natsAuth(), "keys", "*")), there(d.path("pki", "*.key")))
	s.Authority = there(d.path("pki", "*.pem"))
	s.Postgres, err = server.Examine(s.PostgresDir, d.path("postgres.socket"), databaseName)
	return s, err
}

// there lists the files that match a pattern of ours, which is never malformed.
func there(pattern string) []string {
	paths, _ := filepath.Glob(pattern)
	return paths
}

// DefaultListen is where the API listens unless CLOCKER_LISTEN says otherwise.
const DefaultListen = defaultListen

// PostgresImage is the image that `clocker up` takes Postgres from when the system has none.
func PostgresImage(env func(string) string) string {
	return setting(env, "CLOCKER_POSTGRES_IMAGE", defaultPostgresImage)
}

// Redacted is a database's URL without its password.
func Redacted(given string) string { return redacted(given) }
