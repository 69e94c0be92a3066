package embed_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/run/runtest"

	"github.com/nats-io/nats.go"
)

// authority signs certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// certify writes a certificate of this machine, its key and the bundle of whom to trust into a directory.
func (a authority) certify(t *testing.T, dir string, bundle ...authority) embed.TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "nats"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	f := embed.TLS{Cert: filepath.Join(dir, "nats.pem"), Key: filepath.Join(dir, "nats.key"), CA: filepath.Join(dir, "ca.pem")}
	var trusted []byte
	for _, b := range bundle {
		trusted = append(trusted, b.pem...)
	}
	for path, text := range map[string][]byte{
		f.Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		f.Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), f.CA: trusted,
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestThePortIsClosedToWhoeverSpeaksNoTLSOrDoesNotTrustIt(t *testing.T) {
	t.Parallel()
	ours, foreign := newAuthority(t, "ours"), newAuthority(t, "foreign")
	files := ours.certify(t, t.TempDir(), ours)
	s := started(t, func(c *embed.Config) { c.TLS = files })
	other := foreign.certify(t, t.TempDir(), foreign)
	user := nats.UserCredentials(access.File(s.auth, "ipam"))
	for name, options := range map[string][]nats.Option{
		"a client that trusts another authority": {user, nats.RootCAs(other.CA)},
		"a client of TLS 1.2":                    {user, nats.Secure(&tls.Config{MaxVersion: tls.VersionTLS12}), nats.RootCAs(files.CA)},
		"one without credentials":                {nats.RootCAs(files.CA)},
	} {
		if nc, err := nats.Connect(s.ClientURL(), options...); err == nil {
			nc.Close()
			t.Errorf("%s was let in", name)
		}
	}
	plain, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimPrefix(s.ClientURL(), "tls://"), "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.Write([]byte("CONNECT {}\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 4096)
	for { // what the server says of itself comes before TLS; an answer to the ping never does
		n, err := plain.Read(said)
		if err != nil {
			break
		}
		if strings.Contains(string(said[:n]), "PONG") {
			t.Fatal("it answers without TLS")
		}
	}
	conn, err := bus.Connect(bus.Options{Name: t.Name(), URL: s.ClientURL(), Credentials: access.File(s.auth, "ipam"), CA: files.CA})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	runtest.Eventually(t, "connect", func() error { return conn.Ready(t.Context()) })
	inside, err := bus.Connect(bus.Options{Name: t.Name(), InProcess: s, Credentials: access.File(s.auth, "ipam")})
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	runtest.Eventually(t, "connect", func() error { return inside.Ready(t.Context()) })
}

func TestACertificateIsReplacedWithoutLosingAClient(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, next := newAuthority(t, "old"), newAuthority(t, "next")
	files := old.certify(t, dir, old)
	log := lines{slog.DiscardHandler, make(chan string, 1000)}
	s := started(t, func(c *embed.Config) { c.TLS, c.Log = files, slog.New(log) })
	lost := make(chan error, 10)
	before := s.plain(t, access.File(s.auth, "ipam"), nats.RootCAs(files.CA), nats.NoReconnect(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { lost <- err }))

	next.certify(t, dir, old, next) // the overlap: both are trusted
	onlyNext := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(onlyNext, next.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	after := s.plain(t, access.File(s.auth, "ipam"), nats.RootCAs(onlyNext))
	if state, err := after.TLSConnectionState(); err != nil || state.Version != tls.VersionTLS13 || state.PeerCertificates[0].Issuer.CommonName != "next" {
		t.Errorf("a new client sees %+v, %v", state.PeerCertificates, err)
	}
	if err := before.Flush(); err != nil || len(lost) > 0 {
		t.Errorf("the client that was there: %v", err)
	}

	// A pair that its clients would refuse is not taken.
	foreign := newAuthority(t, "foreign")
	foreign.certify(t, dir, next)
	s.plain(t, access.File(s.auth, "ipam"), nats.RootCAs(onlyNext))
	log.until(t, "what it held before stays in use", "would refuse it")
}

// Whoever holds credentials that were signed with a key that is thrown away is out, and comes back with the file signed anew.
func TestANewSigningKeyPutsOutTheOldCredentials(t *testing.T) {
	t.Parallel()
	s := started(t, nil)
	file := access.File(s.auth, "ipam")
	stolen, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "stolen.creds")
	if err := os.WriteFile(copied, stolen, 0o600); err != nil {
		t.Fatal(err)
	}
	again := make(chan struct{}, 10)
	conn, err := bus.Connect(bus.Options{Name: t.Name(), URL: s.ClientURL(), Credentials: file, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	runtest.Eventually(t, "connect", func() error { return conn.Ready(t.Context()) })
	conn.OnReconnect(func() { again <- struct{}{} })
	thief := make(chan struct{})
	s.plain(t, copied, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(thief) }))

	if err := os.Remove(filepath.Join(s.auth, "keys", "signing.nk")); err != nil {
		t.Fatal(err)
	}
	if err := access.Make(s.auth, hosts...); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	for what, signal := range map[string]<-chan struct{}{"the copy to be put out": thief, "the service to be back": again} {
		select {
		case <-signal:
		case <-time.After(2 * time.Minute):
			t.Errorf("waited for %s", what)
		}
	}
	if nc, err := nats.Connect(s.ClientURL(), nats.UserCredentials(copied)); err == nil {
		nc.Close()
		t.Error("the copy was let in again")
	}
}
