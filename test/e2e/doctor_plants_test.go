package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

// planted are faults, each with the file of its text and the code of its finding.
var planted = []struct {
	file, code string
	plant      func(t *testing.T, p *patient)
}{
	{"engine-absent", "engine-absent", func(_ *testing.T, p *patient) { p.env["DOCKER_HOST"] = "unix:///tmp/clk-none/docker.sock" }},
	{"engine-hangs", "engine-silent", func(t *testing.T, p *patient) { p.env["DOCKER_HOST"] = rig.HangingEngine(t) }},
	{"engine-old", "engine-old", func(t *testing.T, p *patient) {
		p.env["DOCKER_HOST"] = rig.FakeEngine(t, "1.40", 0, map[string]any{"ServerVersion": "19.03.15"})
	}},
	{"engine-windows", "engine-not-linux", func(t *testing.T, p *patient) {
		p.env["DOCKER_HOST"] = rig.FakeEngine(t, "1.41", 0, map[string]any{"OSType": "windows"})
	}},
	{"clock-skewed", "clock-engine", func(t *testing.T, p *patient) {
		p.env["DOCKER_HOST"] = rig.FakeEngine(t, "1.41", time.Hour, nil)
	}},
	{"clock-set-back", "clock-back", func(t *testing.T, p *patient) {
		later := time.Now().Add(2 * time.Hour)
		path := p.write(t, "up.lock", "")
		must(t, os.Chtimes(path, later, later))
	}},
	{"port-taken", "port-api", func(t *testing.T, p *patient) { listen(t, p.env["CLOCKER_LISTEN"]) }},
	{"port-of-names-taken", "port-dns", func(t *testing.T, p *patient) {
		c, err := net.ListenPacket("udp4", "0.0.0.0:0")
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, p.env["CLOCKER_DNS_PORT"], err = net.SplitHostPort(c.LocalAddr().String())
		must(t, err)
	}},
	{"data-open", "data-open", func(t *testing.T, p *patient) { must(t, os.Chmod(p.dir, 0o777)) }},
	{"data-is-a-file", "data-closed", func(t *testing.T, p *patient) { p.env["CLOCKER_DATA"] = p.write(t, "file", "") }},
	{"data-readonly", "data-readonly", func(t *testing.T, p *patient) { p.tmpfs(t, "size=1m,ro") }},
	{"token-open", "secret-open", func(t *testing.T, p *patient) { must(t, os.Chmod(filepath.Join(p.dir, "token"), 0o644)) }},
	{"disk-full", "disk-full", func(t *testing.T, p *patient) {
		p.tmpfs(t, "size=1m")
		must(t, os.WriteFile(filepath.Join(p.env["CLOCKER_DATA"], "full"), make([]byte, 1<<20-8<<10), 0o600))
	}},
	{"disk-without-inodes", "disk-inodes", func(t *testing.T, p *patient) { p.tmpfs(t, "size=4g,nr_inodes=50") }},
	{"lock-of-a-dead-process", "lock-stale", lockStale},
	{"lock-removed", "lock-removed", func(t *testing.T, p *patient) { must(t, os.Remove(p.lock(t, `{"pid":1}`).Name())) }},
	{"postgres-of-another-version", "postgres-major", func(t *testing.T, p *patient) {
		must(t, os.Mkdir(filepath.Join(p.dir, "postgres"), 0o700))
		p.write(t, "postgres/PG_VERSION", "11\n")
	}},
	{"postgres-refuses", "postgres-down", func(t *testing.T, p *patient) {
		p.env["CLOCKER_DATABASE_URL"] = "postgres://ada:secret@" + freeAddress(t, "127.0.0.1") + "/clocker"
	}},
	{"certificate-ends-tomorrow", "certificate-ends", func(t *testing.T, p *patient) { p.certify(t, 24*time.Hour) }},
	{"certificate-over", "certificate-over", func(t *testing.T, p *patient) { p.certify(t, -time.Hour) }},
	{"api-hangs", "api-silent", func(t *testing.T, p *patient) { p.env["CLOCKER_URL"] = "http://" + listen(t, "127.0.0.1:0") }},
	{"api-of-something-else", "api-foreign", func(t *testing.T, p *patient) {
		s := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(s.Close)
		p.env["CLOCKER_URL"] = s.URL
	}},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *patient) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// listen takes connections and answers nothing: the kernel takes them.
func listen(t *testing.T, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func freeAddress(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// tmpfs gives the patient a data directory on a file system of its own.
func (p *patient) tmpfs(t *testing.T, options string) {
	t.Helper()
	dir := filepath.Join(p.dir, "small")
	must(t, os.Mkdir(dir, 0o711))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options+",mode=711", "clocker-e2e", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s; this test needs root", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	p.env["CLOCKER_DATA"] = dir
}

// lock holds the lock of the data directory, with a text that is none of ours.
func (p *patient) lock(t *testing.T, text string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(p.dir, "up.lock"))
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	_, err = f.WriteString(text)
	must(t, err)
	return f
}

// lockStale has the lock held by somebody else than the process in it, which has ended.
func lockStale(t *testing.T, p *patient) {
	ended := exec.Command("true")
	must(t, ended.Run())
	space, err := os.Readlink("/proc/self/ns/pid")
	must(t, err)
	text, err := json.Marshal(map[string]any{"pid": ended.Process.Pid, "started": time.Now(), "url": "http://" + p.env["CLOCKER_LISTEN"], "space": space})
	must(t, err)
	p.lock(t, string(text))
}

// certify gives the API a certificate that is good for so long.
func (p *patient) certify(t *testing.T, life time.Duration) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(life)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	p.env["CLOCKER_TLS_CERT"] = p.write(t, "api.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}
