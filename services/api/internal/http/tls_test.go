package http

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// pair writes a certificate that signs itself, and its key, in PEM.
func pair(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// put replaces a file whole.
func put(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// secure is a server with TLS, as it listens when it runs.
func secure(t *testing.T) (b *bundle, address string) {
	t.Helper()
	b = setup(t)
	dir := t.TempDir()
	b.server.cfg.TLSCert, b.server.cfg.TLSKey = filepath.Join(dir, "api.pem"), filepath.Join(dir, "api.key")
	certificate, key := pair(t, "first.example")
	put(t, b.server.cfg.TLSCert, certificate)
	put(t, b.server.cfg.TLSKey, key)
	if err := b.server.readCertificate(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.server.serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != context.Canceled {
			t.Error(err)
		}
	})
	return b, l.Addr().String()
}

// trusting is a client that trusts what a file holds.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestACertificateIsReadAgainWhenItsFilesAreReplaced(t *testing.T) {
	t.Parallel()
	b, address := secure(t)
	shows := func() string {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := shows(); got != "first.example" {
		t.Error(got)
	}
	certificate, key := pair(t, "second.example")
	put(t, b.server.cfg.TLSKey, key)
	if got := shows(); got != "first.example" {
		t.Errorf("with the key of another: %s", got)
	}
	put(t, b.server.cfg.TLSCert, certificate)
	if got := shows(); got != "second.example" {
		t.Error(got)
	}
	if err := os.Remove(b.server.cfg.TLSCert); err != nil {
		t.Fatal(err)
	}
	if got := shows(); got != "second.example" {
		t.Errorf("without a file: %s", got)
	}
	_, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
}

func TestAServerGoesByTheNamesOfItsCertificate(t *testing.T) {
	t.Parallel()
	b, address := secure(t)
	client := trusting(t, b.server.cfg.TLSCert)
	for host, want := range map[string]int{"first.example": 200, "first.example:8080": 200, "127.0.0.1": 200, "evil.example": 403} {
		r := b.request("GET", "/v1/version", "", "Host", host)
		r.URL.Scheme, r.URL.Host = "https", address
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, res.StatusCode, want)
		}
	}
}

// Over HTTP/2 many requests share a connection, which a stream must neither hold up nor close.
func TestStreamsAreFollowedAndCutOverHTTP2(t *testing.T) {
	t.Parallel()
	b, address := secure(t)
	client := trusting(t, b.server.cfg.TLSCert)
	open := func(path string) *http.Response {
		r := b.request("GET", path, "")
		r.URL.Scheme, r.URL.Host = "https", address
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		if res.ProtoMajor != 2 || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %d", res.Proto, res.StatusCode)
		}
		return res
	}
	app := b.deploy(shop)
	b.furnish(app.UID)
	followed := open("/v1/events")
	b.logs = func(_ context.Context, _ string, _ any, each func([]byte) error) error {
		chunk, err := json.Marshal(clocker.LogsChunk{Data: []byte("one\n")})
		if err != nil {
			return err
		}
		if err := each(chunk); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF // the agent broke off
	}
	if text, err := io.ReadAll(open("/v1/containers/shop/store/0/logs").Body); err == nil || string(text) != "one\n" {
		t.Errorf("a log that broke off looks whole: %q, %v", text, err)
	}
	b.number(events.ApplicationGone{Application: "shop", UID: app.UID})
	b.published <- 1
	lines := bufio.NewScanner(followed.Body)
	for lines.Scan() && lines.Text() != "id: 1" {
	}
	if lines.Err() != nil || lines.Text() != "id: 1" {
		t.Errorf("%q, %v", lines.Text(), lines.Err())
	}
}

func TestTokensAreNotShownToANetworkByMistake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"loopback", Config{Listen: "127.0.0.1:8080"}, ""},
		{"another loopback", Config{Listen: "127.1.2.3:8080"}, ""},
		{"IPv6 loopback", Config{Listen: "[::1]:8080"}, ""},
		{"localhost", Config{Listen: "localhost:8080"}, ""},
		{"every address", Config{Listen: ":8080"}, "CLOCKER_LISTEN is :8080, which other machines can reach"},
		{"every IPv4 address", Config{Listen: "0.0.0.0:8080"}, "which other machines can reach"},
		{"one address", Config{Listen: "192.0.2.1:8080"}, "which other machines can reach"},
		{"a name", Config{Listen: "clocker.example:8080"}, "which other machines can reach"},
		{"with TLS", Config{Listen: ":8080", TLSCert: "a", TLSKey: "b"}, ""},
		{"half of TLS", Config{Listen: "127.0.0.1:8080", TLSCert: "a"}, "TLS needs both files"},
		{"as asked", Config{Listen: ":8080", Insecure: true}, ""},
		{"no port", Config{Listen: "127.0.0.1"}, "want host:port"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := checkListen(tt.cfg)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
