package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"

	"github.com/jackc/pgx/v5/pgconn"
)

var ledger = pg.Schema{Name: "ipam", Migrations: fstest.MapFS{"00001_seen.sql": {Data: []byte("-- +goose Up\ncreate table ipam.seen (number bigint);")}}}

// guarded is a server with a port, and its files.
type guarded struct {
	*server.Server
	dir, address, owner string
}

func startGuarded(t *testing.T) *guarded {
	t.Helper()
	bin, err := server.Find()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "clkpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &guarded{dir: dir, address: l.Addr().String()}
	g.certify(t, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	g.Server, err = server.Start(t.Context(), server.Config{Binaries: bin, Dir: filepath.Join(dir, "pg"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Network: &server.Network{Listen: g.address, Database: "clocker", Cert: g.file("cert.pem"), Key: g.file("key.pem")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := g.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if g.owner, err = g.CreateDatabase(t.Context(), "clocker"); err != nil {
		t.Fatal(err)
	}
	if err := pg.Migrate(t.Context(), g.owner, ledger); err != nil {
		t.Fatal(err)
	}
	g.password(t, "first")
	return g
}

func (g *guarded) file(name string) string { return filepath.Join(g.dir, name) }

// certify writes a certificate that is its own authority.
func (g *guarded) certify(t *testing.T, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	g.write(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	g.write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// write makes a file that the account of the server may read, and no other.
func (g *guarded) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(g.file(name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"nobody", "postgres"} { // of both, root's server takes the latter
		if u, err := user.Lookup(account); err == nil && os.Geteuid() == 0 {
			uid, _ := strconv.Atoi(u.Uid)
			if err := os.Chown(g.file(name), uid, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (g *guarded) password(t *testing.T, password string) {
	t.Helper()
	if err := pg.Logins(t.Context(), g.owner, map[string]string{"ipam": password}); err != nil {
		t.Fatal(err)
	}
	g.write(t, "password", []byte(password+"\n"))
}

func (g *guarded) url(user, database, mode string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=%s&sslrootcert=%s", user, g.address, database, mode, g.file("cert.pem"))
}

func TestWhoComesByNetworkNeedsTLSAndAPasswordAndReachesOneDatabase(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	for _, tc := range []struct{ url, password, want string }{
		{g.url("clocker_ipam", "clocker", "verify-full"), "first", ""},
		{g.url("clocker_ipam", "clocker", "verify-full"), "second", "password authentication failed"},
		{g.url("clocker_ipam", "clocker", "disable"), "first", "no pg_hba.conf entry"},
		{g.url("clocker_ipam", "postgres", "verify-full"), "first", "no pg_hba.conf entry"},
		{g.url("clocker_ipam", "template1", "verify-full"), "first", "no pg_hba.conf entry"},
		{g.url("clocker", "clocker", "verify-full"), "first", "password authentication failed"},
		{g.url("clocker_sequencer", "clocker", "verify-full"), "first", "password authentication failed"},
	} {
		cfg, err := pgconn.ParseConfig(tc.url)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Password = tc.password
		conn, err := pgconn.ConnectConfig(t.Context(), cfg)
		if err == nil {
			_ = conn.Close(t.Context())
		}
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s with %s: %v, want %q", tc.url, tc.password, err, tc.want)
		}
	}
}

func TestAServiceTakesANewPasswordAndANewAuthorityAtItsNextConnection(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	db, err := pg.Open(pg.Config{URL: g.url("clocker_ipam", "clocker", "verify-full"), Role: "ipam",
		PasswordFile: g.file("password"), Connections: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.password(t, "second")
	g.certify(t, 2)
	g.Reload()
	g.awaitSerial(t, 2)
	g.disconnect(t)
	if err := db.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	// And a password that is not the present one is of no use: the first connection proves nothing for the next.
	g.write(t, "password", []byte("first\n"))
	g.disconnect(t)
	err = db.Ready(t.Context())
	for err != nil && strings.Contains(err.Error(), "terminating connection") {
		err = db.Ready(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("with the old password: %v", err)
	}
}

// awaitSerial returns when the server shows this certificate.
func (g *guarded) awaitSerial(t *testing.T, serial int64) {
	t.Helper()
	for t.Context().Err() == nil {
		seen := int64(0)
		cfg, err := pgconn.ParseConfig(g.url("clocker_ipam", "clocker", "verify-full"))
		if err != nil {
			t.Fatal(err)
		}
		cfg.TLSConfig.InsecureSkipVerify = true
		cfg.TLSConfig.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
			cert, err := x509.ParseCertificate(raw[0])
			if err == nil {
				seen = cert.SerialNumber.Int64()
			}
			return err
		}
		if conn, err := pgconn.ConnectConfig(t.Context(), cfg); err == nil {
			_ = conn.Close(t.Context())
		}
		if seen == serial {
			return
		}
	}
	t.Fatalf("the server does not show certificate %d", serial)
}

// disconnect ends every connection of the service.
func (g *guarded) disconnect(t *testing.T) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), g.owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for {
		results, err := conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clocker_ipam'`).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(results[0].Rows) == 0 {
			return
		}
	}
}

func TestThePasswordItselfNeverReachesTheServer(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	conn, err := pgconn.Connect(t.Context(), g.owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	results, err := conn.Exec(t.Context(), `select rolpassword from pg_authid where rolname = 'clocker_ipam'`).ReadAll()
	if err != nil || len(results[0].Rows) != 1 {
		t.Fatalf("%v, %v", results, err)
	}
	if got := results[0].Rows[0][0]; !bytes.HasPrefix(got, []byte("SCRAM-SHA-256$4096:")) || bytes.Contains(got, []byte("first")) {
		t.Errorf("Postgres holds %q", got)
	}
	for _, bad := range []string{"", "with\nline", "größe"} {
		if err := pg.Logins(t.Context(), g.owner, map[string]string{"ipam": bad}); err == nil {
			t.Errorf("password %q was taken", bad)
		}
	}
}
