package doctor

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// well is a machine with a running Clocker on which nothing is wrong.
func well() Facts {
	return Facts{
		Now: now, Account: "ada", Here: true,
		Engine: Engine{Host: "unix:///var/run/docker.sock", Version: "20.10.24", API: "1.41", OS: "linux", Storage: "overlay2",
			Cgroup: "systemd", CgroupVersion: "2", MemoryLimit: true, Forwarding: true},
		Data: Data{Dir: "/data", There: true, Owner: "ada", Mode: 0o700, Writable: true, Installation: "a1",
			Secrets: []Secret{{"/data/token", 0o600}}, Newest: File{"/data/clocker.log", now.Add(-time.Second)}},
		Lock: Lock{Held: true, PID: 7, Started: now.Add(-time.Hour), URL: "http://127.0.0.1:8080", Holders: []Process{{7, "clocker"}}},
		Database: Database{Binaries: "/usr/lib/postgresql/15/bin", Version: "15.1", Major: 15, Dir: "/data/postgres", DataMajor: 15,
			Server: Process{8, "postgres"}, Asked: true},
		Ports:   []Port{{Code: "port-api", Use: "the API", Address: "127.0.0.1:8080", Mend: "CLOCKER_LISTEN"}},
		Disks:   []Disk{{"the data of Clocker", "/data", 9 << 30, 90 << 30, 1e6, 2e6}},
		Clocks:  []Clock{{"the Engine", "clock-engine", 10 * time.Millisecond, time.Millisecond}},
		Machine: Machine{Memory: 8 << 30, Available: 4 << 30, Files: 65536, Forwarding: "1"},
		Names:   Names{Asked: true, Servers: []string{"9.9.9.9", "1.1.1.1"}},
		Pool:    netip.MustParsePrefix("10.200.0.0/13"),
		Routes:  []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("192.168.1.0/24")},
		API: API{Base: "http://127.0.0.1:8080", Version: "v1", CLIVersion: "v1", Installation: "a1", Lag: map[string]float64{"policy": 3},
			Checks: []Check{{"database", true, ""}}, Hosts: []Host{{"localhost", "ready", "", "20.10.24"}}},
		Certificates: []Certificate{{Where: "/data/pki/ca.pem", From: now.Add(-time.Hour), Until: now.AddDate(1, 0, 0), Ours: true}},
	}
}

func TestNothingIsWrongWhereAllIsWell(t *testing.T) {
	t.Parallel()
	all := Judge(well())
	if len(all) < 20 {
		t.Errorf("%d findings, want one for each check", len(all))
	}
	for _, f := range all {
		if f.Level != Fine {
			t.Errorf("%s %s: %s", f.Level, f.Code, f.Text)
		}
	}
}

// ills is each thing that can be wrong: what differs from well, and how it is told.
var ills = []struct {
	code  string
	level Level
	text  string // a part of it
	make  func(*Facts)
}{
	{"no-answer", Fault, "looking at Postgres took longer than 6s", func(f *Facts) { f.Silent = []Silence{{"Postgres", 6 * time.Second}} }},
	{"engine-absent", Fault, "no such socket", func(f *Facts) { f.Engine.Trouble, f.Engine.Reason = Absent, "there is no such socket" }},
	{"engine-denied", Fault, "closed", func(f *Facts) { f.Engine.Trouble, f.Engine.Reason = Denied, "its socket is closed to this account" }},
	{"engine-silent", Fault, "no answer", func(f *Facts) { f.Engine.Trouble, f.Engine.Reason = Silent, "it gives no answer" }},
	{"engine-foreign", Fault, "is no Docker Engine", func(f *Facts) { f.Engine.Trouble = Foreign }},
	{"engine-down", Fault, "nobody listens", func(f *Facts) { f.Engine.Trouble, f.Engine.Reason = Refused, "nobody listens there" }},
	{"engine-down", Fault, "EOF", func(f *Facts) { f.Engine.Trouble, f.Engine.Reason = Other, "EOF" }},
	{"engine-old", Fault, "speaks API 1.9; Clocker needs 1.41", func(f *Facts) { f.Engine.API = "1.9" }},
	{"engine-old", Fault, "speaks API 1.40", func(f *Facts) { f.Engine.API = "1.40" }},
	{"engine-old", Fault, "speaks API ;", func(f *Facts) { f.Engine.API = "" }},
	{"engine-not-linux", Fault, "windows containers", func(f *Facts) { f.Engine.OS = "windows" }},
	{"engine-storage", Warning, "vfs", func(f *Facts) { f.Engine.Storage = "vfs" }},
	{"engine-limits", Warning, "cannot bound", func(f *Facts) { f.Engine.MemoryLimit = false }},
	{"engine-forwarding", Fault, "forwards no packets", func(f *Facts) { f.Engine.Forwarding = false }},
	{"data-closed", Fault, "permission denied", func(f *Facts) { f.Data.Reason = "permission denied" }},
	{"data-unreachable", Fault, "may not enter", func(f *Facts) { f.Data.Closed = "account postgres may not enter /root" }},
	{"data-owner", Fault, "belongs to bob, and this is ada", func(f *Facts) { f.Data.Foreign, f.Data.Owner = true, "bob" }},
	{"data-readonly", Fault, "nothing can be written", func(f *Facts) { f.Data.Writable = false }},
	{"data-open", Fault, "mode 0777", func(f *Facts) { f.Data.Mode = 0o777 }},
	{"secret-open", Fault, "/data/token holds a secret", func(f *Facts) { f.Data.Secrets[0].Mode = 0o640 }},
	{"lock-removed", Fault, "clocker (process 9)", func(f *Facts) { f.Lock.Removed = []Process{{9, "clocker"}} }},
	{"lock-elsewhere", Warning, "in another container", func(f *Facts) { f.Lock.Elsewhere = true }},
	{"lock-stale", Fault, "names process 7, which is not there, and is held by sleep (process 9)", func(f *Facts) { f.Lock.Holders = []Process{{9, "sleep"}} }},
	{"postgres-absent", Fault, "no image of it", func(f *Facts) { f.Database, f.API.Trouble, f.Lock = Database{Missing: "no binaries"}, Refused, Lock{} }},
	{"postgres-major", Fault, "is of Postgres 14", func(f *Facts) { f.Database.DataMajor = 14 }},
	{"postgres-stopped", Fault, "postgres (process 8), was stopped", func(f *Facts) { f.Database.Halted, f.Database.Trouble = true, Silent }},
	{"postgres-denied", Fault, "refuses us", func(f *Facts) { f.Database.Given, f.Database.Trouble = "Postgres at db", Denied }},
	{"postgres-silent", Fault, "does not answer", func(f *Facts) { f.Database.Trouble = Silent }},
	{"postgres-down", Fault, "connection refused", func(f *Facts) { f.Database.Trouble, f.Database.Reason = Refused, "connection refused" }},
	{"port-api", Fault, "taken by python3 (process 5)", func(f *Facts) { f.Ports[0].Takers = []Process{{5, "python3"}} }},
	{"port-api", Fault, "taken by a process of another account", func(f *Facts) { f.Ports[0].Takers = []Process{{}} }},
	{"disk-full", Fault, "only 1 MiB of 90 GiB", func(f *Facts) { f.Disks[0].Free = 1 << 20 }},
	{"disk-low", Warning, "only 1 GiB", func(f *Facts) { f.Disks[0].Free = 1 << 30 }},
	{"disk-inodes", Fault, "only 5 more files", func(f *Facts) { f.Disks[0].Inodes = 5 }},
	{"clock-back", Fault, "was set back", func(f *Facts) { f.Data.Newest.Changed = now.Add(2 * time.Hour) }},
	{"clock-engine", Fault, "1h0m0s ahead of", func(f *Facts) { f.Clocks[0].Ahead = time.Hour }},
	{"clock-engine", Fault, "6s behind", func(f *Facts) { f.Clocks[0].Ahead = -6 * time.Second }},
	{"clock-engine", Warning, "3s ahead of", func(f *Facts) { f.Clocks[0].Ahead = 3 * time.Second }},
	{"clock-free", Warning, "kept in step", func(f *Facts) { f.Machine.ClockFree = true }},
	{"memory", Fault, "only 100 MiB", func(f *Facts) { f.Machine.Available = 100 << 20 }},
	{"memory", Warning, "only 400 MiB", func(f *Facts) { f.Machine.Available = 400 << 20 }},
	{"open-files", Fault, "too few", func(f *Facts) { f.Machine.Files = 256 }},
	{"open-files", Warning, "2048 files", func(f *Facts) { f.Machine.Files = 2048 }},
	{"forwarding", Fault, "forwards no packets", func(f *Facts) { f.Machine.Forwarding = "0" }},
	{"resolver", Warning, "names no server", func(f *Facts) { f.Names.Servers = nil }},
	{"resolver", Warning, "no name server", func(f *Facts) { f.Names.Dead = f.Names.Servers }},
	{"resolver", Warning, "1.1.1.1 give no answer", func(f *Facts) { f.Names.Dead = f.Names.Servers[1:] }},
	{"pool-routed", Fault, "routes 10.0.0.0/8", func(f *Facts) { f.Routes = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }},
	{"pool-shared", Warning, "routes 10.201.0.0/16", func(f *Facts) { f.Routes = []netip.Prefix{netip.MustParsePrefix("10.201.0.0/16")} }},
	{"clash-pool", Fault, "runs as process 9", func(f *Facts) { f.Others = others("10.200.4.0/22", Process{9, "clocker"}) }},
	{"clash-leftover", Fault, "clk-n5 (10.200.4.0/22)", func(f *Facts) { f.Others = others("10.200.4.0/22", Process{}) }},
	{"clash-installation", Warning, "runs as process 9", func(f *Facts) { f.Others = others("10.64.4.0/22", Process{9, "clocker"}) }},
	{"leftover", Warning, "2 container(s), 1 network(s)", func(f *Facts) { f.Others = others("10.64.4.0/22", Process{}) }},
	{"version", Warning, "the Clocker that answers is v0", func(f *Facts) { f.API.Version = "v0" }},
	{"version", Warning, "v1 222222222222", func(f *Facts) {
		f.API.Revision, f.API.CLIRevision = strings.Repeat("1", 40), strings.Repeat("2", 40)
	}},
	{"api-other", Warning, "installation b2", func(f *Facts) { f.API.Installation = "b2" }},
	{"api-token", Fault, "refuses the token", func(f *Facts) { f.API.Trouble = Denied }},
	{"api-unasked", Fault, "read the token", func(f *Facts) { f.API.Trouble, f.API.Reason = Unasked, "read the token: permission denied" }},
	{"api-untrusted", Fault, "cannot be trusted", func(f *Facts) { f.API.Trouble = Untrusted }},
	{"api-silent", Fault, "does not answer", func(f *Facts) { f.API.Trouble = Silent }},
	{"api-foreign", Fault, "is no Clocker", func(f *Facts) { f.API.Trouble = Foreign }},
	{"api-unreachable", Fault, "no Clocker answers", func(f *Facts) { f.API.Trouble = Refused }},
	{"api-unreachable", Fault, "no Clocker answers", func(f *Facts) { f.API.Trouble, f.API.Named, f.Lock = Refused, true, Lock{} }},
	{"api-fails", Fault, "cannot be used", func(f *Facts) { f.API.Trouble = Other }},
	{"not-ready", Fault, "database is not ready: away", func(f *Facts) { f.API.Checks = []Check{{"database", false, "away"}} }},
	{"host", Fault, "localhost is lost", func(f *Facts) { f.API.Hosts[0].State = "lost" }},
	{"dead-letters", Fault, "policy/12", func(f *Facts) { f.API.Letters = []string{"policy/12"} }},
	{"lag", Fault, "policy is 20000 events behind", func(f *Facts) { f.API.Lag["policy"] = 20000 }},
	{"stream", Fault, "2000 numbered events", func(f *Facts) { f.API.Behind = 2000 }},
	{"outbox", Fault, "waited 31 s", func(f *Facts) { f.API.Outbox = 31 }},
	{"certificate-bad", Fault, "no certificate", func(f *Facts) { f.Certificates[0].Reason = "it is no certificate in PEM" }},
	{"certificate-early", Fault, "only from 2026-03-04", func(f *Facts) { f.Certificates[0].From = now.Add(time.Hour) }},
	{"certificate-over", Fault, "ended on", func(f *Facts) { f.Certificates[0].Until = now }},
	{"certificate-ends", Fault, "ends on 2026-03-05", func(f *Facts) { f.Certificates[0].Until = now.AddDate(0, 0, 1) }},
	{"certificate-ends", Warning, "ends on", func(f *Facts) { f.Certificates[0].Until = now.AddDate(0, 0, 20) }},
}

func others(cidr string, runs Process) []Installation {
	return []Installation{
		{ID: "b2", Containers: 2, Networks: []Network{{"clk-n5", netip.MustParsePrefix(cidr)}}, Volumes: 1, Runs: runs, Dir: "/other"},
		{ID: "a1", Networks: []Network{{"clk-n1", netip.MustParsePrefix("10.200.0.0/22")}}}, // our own
	}
}

func TestEachIllIsNamedWithWhatMendsIt(t *testing.T) {
	t.Parallel()
	for _, tt := range ills {
		f := well()
		tt.make(&f)
		var bad []Finding
		for _, found := range Judge(f) {
			if found.Level != Fine {
				bad = append(bad, found)
			}
		}
		if len(bad) != 1 {
			t.Errorf("%s %q: findings %v, want one", tt.code, tt.text, bad)
			continue
		}
		got := bad[0]
		if got.Code != tt.code || got.Level != tt.level || !strings.Contains(got.Text, tt.text) {
			t.Errorf("%+v, want %s %s with %q", got, tt.level, tt.code, tt.text)
		}
		if len(got.Mend) == 0 || strings.Contains(strings.Join(got.Mend, ""), "%!") || strings.Contains(got.Text, "%!") {
			t.Errorf("%s: mend %q", tt.code, got.Mend)
		}
	}
}

// What is not there yet, or was not asked, is nothing to be told of.
func TestAMachineWithoutClockerIsWell(t *testing.T) {
	t.Parallel()
	f := well()
	f.Data, f.Lock, f.Certificates = Data{Dir: "/data"}, Lock{}, nil
	f.Database = Database{Missing: "no binaries"}
	f.Engine.PostgresImage = "postgres:17"
	f.API = API{Base: f.API.Base, Trouble: Refused}
	if all := Judge(f); Count(all, Fine) != len(all) {
		t.Errorf("%v", all)
	}
	elsewhere := Facts{Now: now, API: f.API}
	elsewhere.API.Named = true
	if all := Judge(elsewhere); Count(all, Fault) != 1 || all[0].Code != "api-unreachable" {
		t.Errorf("of another machine: %v, want its API alone", all)
	}
}

// A finding without a case above would be one that nobody has seen.
func TestEveryFindingHasItsIll(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, tt := range ills {
		cases[string(tt.level)+" "+tt.code] = true
	}
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\b(fault|warning)\("([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			seen++
			if !cases[m[1]+" "+m[2]] {
				t.Errorf("%s: no case makes the %s %s", file, m[1], m[2])
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d findings are in the source", seen)
	}
}
