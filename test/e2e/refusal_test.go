package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// refusal is a bad input and how the command line ends on it; what it says is in testdata/refusals.
type refusal struct {
	name string
	code int
	// stays says that the input was not refused but failed: the application is there to be looked at until it is deleted.
	stays bool
}

// Each bad input is refused in words that are kept, and leaves nothing behind.
func TestBadInputIsRefusedInWordsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	defer hold(t, r)()
	context := r.Fixture()
	for _, tt := range []refusal{
		{name: "broken-yaml", code: 1},
		{name: "unknown-key", code: 1},
		{name: "missing-image", code: 1},
		{name: "cidr-too-small", code: 1},
		{name: "cannot-pull", code: 1, stays: true},
		{name: "bad-dockerfile", code: 1, stays: true},
		{name: "port-held", code: 1, stays: true},
		{name: "too-much-memory", code: 7, stays: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join("testdata", "refusals", tt.name)
			out, said, code := r.CLI("deploy", file+".yaml", "--context", context, "--wait", "--timeout", "2m")
			if code != tt.code || out != "" {
				t.Errorf("it ended with %d and printed %q, want %d and nothing\n%s", code, out, tt.code, said)
			}
			golden(t, file+".golden", words(said))
			if tt.stays { // to be looked at, until somebody deletes it
				if n := len(r.API.Applications()); n != 1 {
					t.Errorf("%d applications are there, want the one that failed", n)
				}
				r.DeleteAll()
			}
			nothing(t, r)
		})
	}
	t.Run("wrong token", func(t *testing.T) { wrongToken(t, r) })
	t.Run("body too large", func(t *testing.T) { tooLarge(t, r) })
	t.Run("twice with one key", func(t *testing.T) { twice(t, r) })
}

// hold takes the host port that port-held asks for.
func hold(t *testing.T, r *rig.Rig) (release func()) {
	t.Helper()
	l, err := net.Listen("tcp", r.PublishAddress()+":23999")
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = l.Close() }
}

func wrongToken(t *testing.T, r *rig.Rig) {
	wrong := &rig.Client{Base: r.API.Base, Token: "clk_wrong"}
	a, err := wrong.Do(rig.Submission(t, oneService("refused", "serve"), r.Fixture()))
	if err != nil || a.Status != http.StatusUnauthorized {
		t.Fatalf("%d (%v)", a.Status, err)
	}
	problem(t, "wrong-token", a)
	nothing(t, r)
}

func tooLarge(t *testing.T, r *rig.Rig) {
	context := r.Fixture()
	noise := make([]byte, 33<<20) // nothing that packing could make smaller
	rand.NewChaCha8([32]byte{}).Read(noise)
	if err := os.WriteFile(filepath.Join(context, "noise"), noise, 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := r.API.Do(rig.Submission(t, oneService("refused", "serve"), context))
	if err != nil || a.Status != http.StatusRequestEntityTooLarge {
		t.Fatalf("%d (%v): %s", a.Status, err, a.Body)
	}
	problem(t, "too-large", a)
	nothing(t, r)
}

// twice posts one submission twice: one application, and the second answer is the first one.
func twice(t *testing.T, r *rig.Rig) {
	call := rig.Submission(t, oneService(r.ID("once"), "serve"), r.Fixture())
	call.Headers["Idempotency-Key"] = "only-once"
	var answers []rig.Answer
	for range 2 {
		a, err := r.API.Do(call)
		if err != nil || a.Status/100 != 2 {
			t.Fatalf("%d (%v): %s", a.Status, err, a.Body)
		}
		answers = append(answers, a)
	}
	if answers[0].Status != answers[1].Status || !bytes.Equal(answers[0].Body, answers[1].Body) {
		t.Errorf("first %d %s, then %d %s", answers[0].Status, answers[0].Body, answers[1].Status, answers[1].Body)
	}
	other := rig.Submission(t, oneService("another", "serve"), r.Fixture())
	other.Headers["Idempotency-Key"] = "only-once"
	a, err := r.API.Do(other)
	if err != nil || a.Status/100 != 4 {
		t.Errorf("another submission with that key: %d (%v)", a.Status, err)
	}
	problem(t, "key-of-another", a)
	var accepted rig.Accepted
	if err := json.Unmarshal(answers[0].Body, &accepted); err != nil {
		t.Fatal(err)
	}
	r.Healthy(accepted)
	if n := len(r.Events.All(0, func(e rig.Event) bool { return e.Is("application.submitted", accepted.Application) })); n != 1 {
		t.Errorf("it was submitted %d times", n)
	}
	running(t, r, accepted.Application, 1)
	r.Remove(accepted)
	nothing(t, r)
}

func problem(t *testing.T, name string, a rig.Answer) {
	t.Helper()
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("it is %s, want a problem", kind)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, a.Body, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	golden(t, filepath.Join("testdata", "refusals", name+".golden"), words(pretty.String()))
}

// chances are what differs from run to run: the context's line, the lines of progress, of which some come in any order,
// and numbers of this machine and moment.
var chances = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?m)^context .*\n`), ""},
	{regexp.MustCompile(`(?m)^(refused/[a-z]+/0|image [0-9a-f]{24}): .*\n`), ""},
	{regexp.MustCompile(`"trace_id": *"[0-9a-f]+"`), `"trace_id": "<trace>"`},
	{regexp.MustCompile(`(?m)^ +\|  ---> Using cache\n`), ""},                             // the Engine may have done the step before
	{regexp.MustCompile(`(?m) ---> Removed (intermediate container .*)$`), "Removing $1"}, // newer Engines say it afterwards
	{regexp.MustCompile(`failed for \S+`), "failed for <time>"},
	{regexp.MustCompile(`\bop-[0-9a-z]+`), "<operation>"},
	{regexp.MustCompile(`\(process \d+\)`), "(process <pid>)"},
	{regexp.MustCompile(`most free is [0-9.]+ [A-Za-z]+`), "most free is <size>"},
	{regexp.MustCompile(`(?m)(--->|Running in|container) [0-9a-f]{12}$`), "$1 <id>"},
}

// words are what a person is told, without chance.
func words(said string) string {
	for _, c := range chances {
		said = c.pattern.ReplaceAllString(said, c.instead)
	}
	return said
}

// nothing wants no row and nothing in the Engine.
func nothing(t *testing.T, r *rig.Rig) {
	t.Helper()
	rig.Eventually(t, "the list of applications to be empty", rig.Limit, func() error {
		if apps := r.API.Applications(); len(apps) > 0 {
			return fmt.Errorf("%+v are left", apps)
		}
		return nil
	})
	for _, view := range []string{"policy.v_containers", "scheduler.v_placements", "scheduler.v_parked", "ipam.v_networks",
		"ipam.v_leases", "ipam.v_endpoints", "ipam.v_parked"} {
		rig.Eventually(t, view+" to be empty", rig.Limit, func() error {
			if n := r.SQL("select count(*) from " + view); n != "0" {
				return fmt.Errorf("%s rows are left", n)
			}
			return nil
		})
	}
	r.NothingLeft()
}
