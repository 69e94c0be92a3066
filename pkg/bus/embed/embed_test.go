package embed_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"

	"github.com/nats-io/nats.go"
)

// served is a server with the identities that it trusts.
type served struct {
	*embed.Server
	auth string
}

// started runs a server on a free port until the test ends; change has the last word about how.
func started(t *testing.T, change func(*embed.Config)) served {
	t.Helper()
	dir := t.TempDir()
	cfg := embed.Config{Dir: filepath.Join(dir, "nats"), Auth: filepath.Join(dir, "nats-auth"), Listen: "127.0.0.1:0",
		Log: slog.New(slog.DiscardHandler)}
	if err := access.Make(cfg.Auth, hosts...); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&cfg)
	}
	s, err := embed.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return served{s, cfg.Auth}
}

// plain connects as any program would that has a credentials file and the address.
func (s served) plain(t *testing.T, credentials string, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL(), append(options, nats.Timeout(2*time.Minute), nats.UserCredentials(credentials),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))...) // the last error is asked for
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
