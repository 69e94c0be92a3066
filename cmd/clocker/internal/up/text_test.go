package up

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"testing"
)

func TestMendEngine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want []string
	}{
		{"no socket", &fs.PathError{Op: "connect", Path: "/s", Err: fs.ErrNotExist}, []string{"apt-get install docker.io", "DOCKER_HOST="}},
		{"closed socket", &fs.PathError{Op: "connect", Path: "/s", Err: fs.ErrPermission}, []string{"usermod -aG docker", "as root"}},
		{"silent", errors.New("timeout"), []string{"systemctl start docker", "journalctl -u docker"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := mendEngine("unix:///s", tt.err)
			for _, part := range append(tt.want, "No Docker Engine answers at unix:///s", "Clocker runs, but has no host") {
				if !strings.Contains(got, part) {
					t.Errorf("%q lacks %q", got, part)
				}
			}
		})
	}
}

func TestNoDatabaseNamesThreeCommands(t *testing.T) {
	t.Parallel()
	got := noDatabase(errors.New("no binaries"), errors.New("no route"), "postgres:17").Error()
	want := `no Postgres for Clocker: no binaries;
and the Docker image postgres:17 cannot be had: no route.
One of these helps:
  sudo apt-get install postgresql        (or your system's package; the server alone is enough)
  docker pull postgres:17
  CLOCKER_DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/clocker clocker up`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://u:secret@h:5432/d":            "postgres://u:xxxxx@h:5432/d",
		"postgres:///d?host=/s&password=secret":   "postgres:///d?host=%2Fs&password=xxxxx",
		"host=h password=secret":                  "the given address",
		"postgres://u:secret@h:port-is-no-number": "the given address",
	} {
		if got := redacted(given); got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
}

func TestURLOf(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", ":8080": "http://127.0.0.1:8080", "0.0.0.0:80": "http://127.0.0.1:80",
		"[::]:8080": "http://127.0.0.1:8080", "[::1]:8080": "http://[::1]:8080", "box:8080": "http://box:8080",
	} {
		if got := urlOf(listen); got != want {
			t.Errorf("%s is reached at %s, want %s", listen, got, want)
		}
	}
}

func TestHeldPortIsNamed(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = portFree(l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "CLOCKER_LISTEN=") {
		t.Errorf("error %v", err)
	}
}

func TestMountPoint(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"postgres:15": "/var/lib/postgresql/data", "postgres:17.2-alpine": "/var/lib/postgresql/data",
		"registry:5000/pg:16-bookworm": "/var/lib/postgresql/data", "postgres:18": "/var/lib/postgresql", "postgres": "/var/lib/postgresql",
	} {
		if got := mountPoint(image); got != want {
			t.Errorf("%s is mounted at %s", image, got)
		}
	}
}
