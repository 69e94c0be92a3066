package server

import (
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, out, version string
		major              int
		fails              bool
	}{
		{"debian", "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", "15.14", 15, false},
		{"plain", "postgres (PostgreSQL) 18.0\n", "18.0", 18, false},
		{"beta", "postgres (PostgreSQL) 19beta1\n", "19beta1", 19, false},
		{"development", "postgres (PostgreSQL) 20devel\n", "20devel", 20, false},
		{"nothing", "", "", 0, true},
		{"other program", "psql 15\n", "", 0, true},
		{"no number", "postgres (PostgreSQL) x\n", "", 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			version, major, err := parseVersion(tt.out)
			if version != tt.version || major != tt.major || (err != nil) != tt.fails {
				t.Errorf("got %q, %d, %v", version, major, err)
			}
		})
	}
}

func TestParsePidFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       postmaster
		fails      bool
	}{
		{"whole", "42\n/data\n1700000000\n5432\n/sock\n\n  5432001   3\nready   \n",
			postmaster{PID: 42, Dir: "/data", Port: 5432, Socket: "/sock"}, false},
		{"starting", "42\n/data\n1700000000\n", postmaster{PID: 42, Dir: "/data"}, false},
		{"standalone backend", "-42\n/data\n", postmaster{PID: 42, Dir: "/data"}, false},
		{"empty", "", postmaster{}, true},
		{"no pid", "x\n", postmaster{}, true},
		{"bad port", "42\n/data\n1\nx\n", postmaster{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parsePidFile(tt.text)
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestSocketDir(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("very-long/", 12)
	tests := []struct {
		name, wanted, dir string
		same              string // empty: a short one is chosen
	}{
		{"beside the data", "", "/var/lib/clocker/postgres", "/var/lib/clocker/postgres.socket"},
		{"wanted", "/run/x", "/var/lib/clocker/postgres", "/run/x"},
		{"too long", "", long + "postgres", ""},
		{"wanted too long", long, "/data", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := socketDir(tt.wanted, tt.dir)
			if tt.same != "" && got != tt.same {
				t.Errorf("got %s", got)
			}
			if len(got)+len(socketFile) > maxSocketPath {
				t.Errorf("%s is too long", got)
			}
			if tt.same == "" && got == socketDir(tt.wanted, tt.dir+"2") {
				t.Error("two data directories share a socket directory")
			}
		})
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	got, ok := newest([]Binaries{{Dir: "a", Major: 14}, {Dir: "b", Major: 17}, {Dir: "c", Major: 15}})
	if !ok || got.Dir != "b" {
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := newest(nil); ok {
		t.Error("found something in nothing")
	}
}
