package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// shown is a command that shows data, and the answers of the API that it needs.
type shown struct {
	args string
	file string // golden, below testdata/output
	// lacks are formats that it refuses.
	lacks []string
}

func commandsWithData() []shown {
	return []shown{
		{args: "apps", file: "apps"},
		{args: "ps", file: "ps"},
		{args: "hosts", file: "hosts"},
		{args: "top", file: "top"},
		{args: "images", file: "images"},
		{args: "network ls", file: "networks"},
		{args: "network show shop", file: "network"},
		{args: "dns shop", file: "dns"},
		{args: "cloud ls", file: "clouds"},
		{args: "cloud show lab", file: "cloud"},
		{args: "operations", file: "operations"},
		{args: "operations show op-1", file: "operation"},
		{args: "dead-letters ls", file: "dead-letters"},
		{args: "token ls", file: "tokens"},
		{args: "inspect shop", file: "application"},
		{args: "explain shop/db/0", file: "explanation"},
		{args: "events", file: "events"},
		{args: "scale shop/web=3", file: "accepted"},
		{args: "diff " + filepath.Join("testdata", "shop.yaml"), file: "diff"},
		{args: "audit verify", file: "audit", lacks: []string{outputName}},
		{args: "trace 7", file: "trace", lacks: []string{outputName}},
	}
}

const oneOperation = `{"operation":"op-1","kind":"resize","application":"shop","uid":"u1","target":"shop/web","params":{"size":6},
	"state":"done","requestedBy":"ci/k1","requestedAt":"2026-01-02T03:59:00Z","finishedAt":"2026-01-02T03:59:02.345Z"}`

const oneNetwork = `{"network":"u1","application":"shop","cidr":"10.200.0.0/22","docker":"clk-n7","addresses":1,
	"gateways":[{"host":"localhost","address":"10.200.3.254"}]`

// answerAll gives the fake an answer for each of them.
func answerAll(f *fakeAPI) {
	f.answer("GET /v1/containers", 200, twoContainers)
	f.answer("GET /v1/applications", 200, `{"items":[{"application":"shop","uid":"u1","name":"The: shop","state":"starting","up":1,"wanted":2,
		"cloud":"my-docker-cloud","network":"10.200.0.0/22","submittedAt":"2026-01-02T02:00:00Z","reason":"db waits","large":9007199254740993}]}`)
	f.answer("GET /v1/hosts", 200, `{"items":[{"host":"localhost","state":"ready","cloud":"my-docker-cloud","location":"localhost","epoch":4,
		"address":"127.0.0.1","memory":8589934592,"cores":4,"usedMemory":536870912,"usedCores":0.5,"containers":2,
		"engine":{"version":"20.10.24"},"readyAt":"2026-01-02T02:00:00Z"}]}`)
	f.answer("GET /v1/images", 200, `{"items":[{"key":"0d3d68bde2e388fabf24f878","state":"ready","image":"sha256:1","built":false,"size":77594624,
		"reference":"docker.io/library/redis@sha256:2","usedBy":["blog","shop"]},{"key":"e082fae3a9bcd18ab6c99b15","state":"failed","built":true,
		"size":0,"reason":"cannot be pulled","usedBy":[]}]}`)
	f.answer("GET /v1/networks", 200, `{"items":[`+oneNetwork+`}]}`)
	f.answer("GET /v1/networks/shop", 200, oneNetwork+`,"leases":[{"address":"10.200.0.16","mac":"02:42:0a:c8:00:10","container":"shop/web/0",
		"host":"localhost","healthy":true,"leasedAt":"2026-01-02T03:04:05Z"}]}`)
	f.answer("GET /v1/dns", 200, `{"items":[{"name":"0.web.shop.clocker.internal","type":"A","address":"10.200.0.16","application":"shop",
		"container":"shop/web/0","host":"localhost","healthy":true},{"name":"localhost.hosts.clocker.internal","type":"A",
		"address":"10.200.3.254","application":"shop","host":"localhost","healthy":true}]}`)
	f.answer("GET /v1/clouds", 200, `{"items":[`+aCloud+`]}`)
	f.answer("GET /v1/clouds/lab", 200, aCloud)
	f.answer("GET /v1/operations", 200, `{"items":[`+oneOperation+`]}`)
	f.answer("GET /v1/operations/op-1", 200, oneOperation)
	f.answer("GET /v1/dead-letters", 200, `{"items":[`+oneLetter+`}]}`)
	f.answer("GET /v1/tokens", 200, `{"items":[{"token":"k1","name":"ci","role":"deployer","state":"active","createdBy":"bootstrap",
		"createdAt":"2026-01-02T03:00:00Z"}]}`)
	f.answer("GET /v1/applications/shop", 200, `{"application":"shop","state":"healthy","up":1,"wanted":1,"entities":[{"application":"shop",
		"entity":"web","image":"nginx","size":1,"up":1,"containers":[{"container":"shop/web/0","state":"healthy"}]}]}`)
	f.answer("GET /v1/containers/shop/db/0/explain", 200, `{"container":"shop/db/0","state":"waiting","reason":"no host"}`)
	f.answer("POST /v1/applications/shop/entities/web/resize", 202, accepted)
	f.answer("POST /v1/applications", 200, `{"application":"shop","changes":`+shopDiffers+`}`)
	f.answer("GET /v1/audit/verify", 200, `{"ok":true,"count":9}`)
	f.answer("GET /v1/trace", 200, `{"whole":true,"items":[`+event(7, "container.placed", `{"application":"shop","entity":"web","ordinal":0,"host":"h1"}`)+`]}`)
}

// TestEachFormatOfEachCommand compares what is printed with testdata/output. JSON and YAML there are the contract that
// docs/cli.md tells of: a field may come in, none may go or change its name.
func TestEachFormatOfEachCommand(t *testing.T) {
	t.Parallel()
	for _, command := range commandsWithData() {
		for _, format := range formats {
			t.Run(command.file+" as "+format, func(t *testing.T) {
				t.Parallel()
				f := newFake(t)
				answerAll(f)
				f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
				f.tell("container.healthy", `{`+web+`,"host":"localhost"}`)
				f.events <- "end"
				r := f.run(t.Context(), "", append(strings.Fields(command.args), "-o", format)...)
				if strings.Contains(strings.Join(command.lacks, " "), format) {
					if r.code != exitUsage || r.out != "" {
						t.Errorf("%+v", r)
					}
					return
				}
				if r.code != exitOK {
					t.Fatalf("%+v", r)
				}
				golden(t, filepath.Join("output", command.file+"."+format), r.out)
			})
		}
	}
}

var update = flag.Bool("update", false, "write the golden files again")

// golden compares with a file below testdata; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s: printed\n%s\nwant\n%s", path, got, want)
	}
}

// TestEveryCommandWithNamesIsShownInEachFormat finds commands that nobody added to the table above.
func TestEveryCommandWithNamesIsShownInEachFormat(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range commandsWithData() {
		found, _, err := (&Shell{}).root().Find(strings.Fields(c.args))
		if err != nil {
			t.Fatal(err)
		}
		known[found.CommandPath()] = true
	}
	// These answer as `scale` does, as a command above with another path, or have tests of their own.
	for _, as := range []string{"deploy", "restart", "delete", "operations cancel", "operations ls", "cordon", "uncordon",
		"dead-letters show", "token create", "token revoke", "ctx ls", "doctor",
		"cloud create", "cloud set", "cloud rm"} {
		known["clocker "+as] = true
	}
	each((&Shell{}).root(), func(c *cobra.Command) {
		if c.Annotations[formatsKey] == strings.Join(formats, " ") && !known[c.CommandPath()] {
			t.Errorf("%s has names, and no test looks at them: add it to commandsWithData", c.CommandPath())
		}
	})
}

func TestAFormatIsRefusedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	f := newFake(t) // answers nothing: asking it would be code 3
	for args, talk := range map[string]string{
		"ps -o xml":          "clocker: -o xml is not known: table, wide, json, yaml or name\n",
		"ps -q -o json":      "clocker: -q is short for -o name, and does not go with -o json\n",
		"audit verify -q":    "clocker: clocker audit verify has no -o name: table, wide, json or yaml\n",
		"logs a/b/0 -o yaml": "clocker: clocker logs has no -o yaml: table or json\n",
	} {
		f.run(t.Context(), "", strings.Fields(args)...).check(t, exitUsage, "", talk)
	}
}

// TestWhatIsNamedCanBeGivenToOtherCommands gives each line of -q to inspect.
func TestWhatIsNamedCanBeGivenToOtherCommands(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answerAll(f)
	f.answer("GET /v1/containers/shop/web/0", 200, `{"container":"shop/web/0"}`)
	f.answer("GET /v1/containers/shop/db/0", 200, `{"container":"shop/db/0"}`)
	names := strings.Fields(f.run(t.Context(), "", "ps", "-q").out)
	if len(names) != 2 {
		t.Fatalf("names %q", names)
	}
	for _, name := range names {
		if r := f.run(t.Context(), "", "inspect", name, "-q"); r.code != 0 || r.out != name+"\n" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
