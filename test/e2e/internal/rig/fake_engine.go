package rig

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FakeEngine answers what one who looks asks of an Engine, as one that is well and empty but for what differs, with a clock
// that is ahead of ours. It gives its DOCKER_HOST.
func FakeEngine(t testing.TB, api string, ahead time.Duration, differs map[string]any) string {
	t.Helper()
	info := map[string]any{"ServerVersion": "20.10.24", "OSType": "linux", "Driver": "overlay2", "CgroupDriver": "systemd", "CgroupVersion": "2",
		"MemoryLimit": true, "IPv4Forwarding": true}
	maps.Copy(info, differs)
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", api)
		w.Header().Set("Content-Type", "application/json")
		answer := any([]any{})
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/info"):
			now := maps.Clone(info)
			now["SystemTime"] = time.Now().Add(ahead).Format(time.RFC3339Nano)
			answer = now
		case strings.HasSuffix(path, "/volumes"):
			answer = map[string]any{}
		case strings.Contains(path, "/images/"):
			w.WriteHeader(http.StatusNotFound)
			answer = map[string]string{"message": "no such image"}
		}
		_ = json.NewEncoder(w).Encode(answer) // who asked may have gone
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	_ = server.Listener.Close() // it would listen on a port
	l, host := socket(t)
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return host
}

// HangingEngine takes connections and never answers.
func HangingEngine(t testing.TB) string {
	t.Helper()
	l, host := socket(t)
	t.Cleanup(func() { _ = l.Close() }) // the kernel takes connections for it
	return host
}

func socket(t testing.TB) (net.Listener, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "clk-sock-") // short: a socket's path has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return l, "unix://" + path
}
