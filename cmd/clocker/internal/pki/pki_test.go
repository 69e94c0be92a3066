package pki

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	now     = time.Now()
	servers = []Server{{"nats", []string{"nats", "127.0.0.1"}}, {"postgres", []string{"postgres"}}}
)

func ensure(t *testing.T, dir string, at time.Time) map[string]string {
	t.Helper()
	if err := Ensure(dir, at, servers...); err != nil {
		t.Fatal(err)
	}
	return files(t, dir)
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", e.Name(), info.Mode(), err)
		}
		out[e.Name()] = string(text)
	}
	return out
}

func differ(a, b map[string]string) string {
	var out []string
	for _, name := range []string{"ca.key", "ca.pem", "nats.key", "nats.pem", "postgres.key", "postgres.pem"} {
		if a[name] != b[name] {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// shake is what a client that trusts authorities says of the server that it knows as host.
func shake(t *testing.T, files map[string]string, authorities, server, host string) error {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(files[server+".pem"]), []byte(files[server+".key"]))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(authorities)) {
		t.Fatal("no authority is known")
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: host, CurrentTime: now})
	return err
}

func TestASecondTimeChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := ensure(t, dir, now)
	if len(first) != 6 {
		t.Fatalf("made %d files", len(first))
	}
	if d := differ(first, ensure(t, dir, now.Add(300*24*time.Hour))); d != "" {
		t.Errorf("changed %s", d)
	}
	for _, tc := range []struct {
		server, host string
		good         bool
	}{{"nats", "nats", true}, {"nats", "127.0.0.1", true}, {"nats", "postgres", false}, {"postgres", "postgres", true}, {"postgres", "127.0.0.1", false}} {
		if err := shake(t, first, first["ca.pem"], tc.server, tc.host); (err == nil) != tc.good {
			t.Errorf("%s met as %s: %v", tc.server, tc.host, err)
		}
	}
}

func TestWhateverAKilledRunLeavesIsMended(t *testing.T) {
	t.Parallel()
	for _, missing := range [][]string{{"ca.pem"}, {"nats.pem"}, {"nats.key"}, {"ca.pem", "nats.pem", "nats.key", "postgres.pem", "postgres.key"},
		{"ca.key", "ca.pem"}, {"ca.key"}} {
		dir := t.TempDir()
		ensure(t, dir, now)
		for _, name := range missing {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, ".nats.key.new"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		ensure(t, dir, now)
		if err := Rotate(dir, now, servers...); err != nil { // writes over the draft
			t.Fatal(err)
		}
		after := files(t, dir)
		if len(after) != 6 {
			t.Errorf("without %s: %d files", missing, len(after))
		}
		for _, s := range servers {
			if err := shake(t, after, after["ca.pem"], s.Name, s.Hosts[0]); err != nil {
				t.Errorf("without %s: %s: %v", missing, s.Name, err)
			}
		}
	}
}

func TestAKeyOfAnotherCertificateIsReplacedWithIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := ensure(t, dir, now)
	// As if a run had ended between the two files.
	if err := os.WriteFile(filepath.Join(dir, "nats.key"), []byte(first["postgres.key"]), 0o600); err != nil {
		t.Fatal(err)
	}
	second := ensure(t, dir, now)
	if d := differ(first, second); d != "nats.key nats.pem" {
		t.Errorf("changed %s", d)
	}
	if err := shake(t, second, second["ca.pem"], "nats", "nats"); err != nil {
		t.Error(err)
	}
}

func TestACertificateIsMadeAnewBeforeItEndsAndWhenItsHostsChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := ensure(t, dir, now)
	if d := differ(first, ensure(t, dir, now.Add(lifeOfLeaf-renewal+time.Hour))); d != "nats.key nats.pem postgres.key postgres.pem" {
		t.Errorf("near its end: changed %s", d)
	}
	first = files(t, dir)
	if err := Ensure(dir, now, Server{"nats", []string{"127.0.0.1", "nats", "nats.example"}}); err != nil {
		t.Fatal(err)
	}
	if d := differ(first, files(t, dir)); d != "nats.key nats.pem" {
		t.Errorf("with another host: changed %s", d)
	}
	// An authority must outlive what it signs.
	late := ensure(t, dir, now.Add(lifeOfAuthority-lifeOfLeaf+time.Hour))
	if d := differ(first, late); !strings.HasPrefix(d, "ca.pem ") {
		t.Errorf("near the authority's end: changed %s", d)
	}
}

func TestRotationKeepsTheAuthorityUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := ensure(t, dir, now)
	if err := Rotate(dir, now, servers...); err != nil {
		t.Fatal(err)
	}
	if d := differ(first, files(t, dir)); d != "nats.key nats.pem postgres.key postgres.pem" {
		t.Errorf("changed %s", d)
	}
}

func TestWhileAnAuthorityChangesClientsWithTheNewFileKnowOldAndNewServers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := ensure(t, dir, now)
	if err := RotateAuthority(dir, now); err != nil {
		t.Fatal(err)
	}
	between := files(t, dir)
	if d := differ(old, between); d != "ca.key ca.pem" {
		t.Errorf("changed %s", d)
	}
	after := ensure(t, dir, now) // what the new authority did not sign is made anew
	for _, tc := range []struct {
		files       map[string]string
		authorities string
		good        bool
	}{{old, between["ca.pem"], true}, {after, after["ca.pem"], true}, {old, old["ca.pem"], true}, {after, old["ca.pem"], false}} {
		if err := shake(t, tc.files, tc.authorities, "nats", "nats"); (err == nil) != tc.good {
			t.Errorf("%v, want it good: %v", err, tc.good)
		}
	}
	if err := RotateAuthority(dir, now); err != nil {
		t.Fatal(err)
	}
	if err := shake(t, old, files(t, dir)["ca.pem"], "nats", "nats"); err == nil {
		t.Error("an authority of two changes ago is still known")
	}
}

func TestAKeyThatIsOfNoUseIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ensure(t, dir, now)
	path := filepath.Join(dir, "ca.key")
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Ensure(dir, now, servers...); err == nil || !strings.Contains(err.Error(), "remove it to have a new one made") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "nonsense" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
