package http

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/archive"
	"clocker.io/services/api/internal/diff"
	"clocker.io/services/api/internal/view"
)

func TestADeployedBlueprintIsStoredAndStatedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.do("POST", "/v1/applications", shop)
	var got view.Accepted
	r.into(t, &got)
	if r.Status != http.StatusAccepted || r.Header.Get("Location") != "/v1/operations/"+got.Operation || got.Application != "shop" {
		t.Fatalf("%d %v %s", r.Status, r.Header, r.Body)
	}
	facts := b.facts()
	if len(facts) != 1 {
		t.Fatalf("facts %+v", facts)
	}
	e := facts[0].(events.ApplicationSubmitted)
	if e.UID != got.UID || e.Operation != got.Operation || e.Cloud != "my-docker-cloud" || e.Name != "The Shop" ||
		len(e.Entities) != 2 || e.Entities[1].Size != 2 ||
		e.Entities[0].Image != (clocker.ImageSource{Reference: "docker.io/library/redis:latest"}).Key() {
		t.Errorf("%+v", e)
	}
	rows := pgtest.Query(t, b.db, `select spec ->> 'id' as id, blueprint from api.v_applications where uid = $1`, got.UID)
	if len(rows) != 1 || rows[0]["id"] != "shop" || rows[0]["blueprint"] != shop {
		t.Errorf("%v", rows)
	}
	golden(t, "operation", b.do("GET", "/v1/operations/"+got.Operation, ""))
}

func TestADryRunStoresNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	golden(t, "plan", b.do("POST", "/v1/applications?dry_run=true", shop))
	if n := len(b.facts()); n != 0 {
		t.Errorf("%d facts", n)
	}
	if rows := pgtest.Query(t, b.db, `select 1 from api.applications`); len(rows) != 0 {
		t.Error(rows)
	}
}

func TestADryRunSaysWhatDiffersFromWhatRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.exec(`insert into policy.v_entities (uid, application, entity, size) values ('` + app.UID + `', 'shop', 'web', 4)`)
	changes := func(text string) diff.Changes {
		return ok[view.Plan](b, http.StatusOK, "POST", "/v1/applications?dry_run=true", text).Changes
	}
	same := changes(shop)
	want := []diff.EntityChange{{Entity: "web", Change: diff.Changed, Fields: []diff.FieldChange{{Field: "size", Change: diff.Changed, Before: "4", After: "2"}}}}
	if !same.Deployed || !reflect.DeepEqual(same.Entities, want) || len(same.Fields) > 0 || same.Refusal == "" {
		t.Errorf("against itself, scaled to 4: %+v", same)
	}
	if other := changes(strings.Replace(shop, "id: shop", "id: other", 1)); other.Deployed || len(other.Entities) != 2 || other.Refusal != "" {
		t.Errorf("against nothing: %+v", other)
	}
	if n := len(b.facts()); n != 1 {
		t.Errorf("%d facts", n)
	}
}

// What is compared, and what is said of it, is what is true of an application in each of its states.
func TestADryRunSaysHowTheApplicationOfItsIdIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state, reason  string // as policy has it; empty when it has not seen it
		going          bool
		says, refusal  string
		deployed, same bool
	}{
		{"", "", false, "submitted", "an application shop is there already", true, true},
		{"starting", "shop/web/0 is cleared", false, "starting", "an application shop is there already", true, true},
		{"running", "", false, "running", "an application shop is there already", true, true},
		{"unhealthy", "shop/web/0 does not answer", false, "unhealthy", "an application shop is there already", true, true},
		{"failed", "no such image", false, "failed", "an application shop is there already", true, true},
		{"running", "", true, "stopping", "an application shop is being deleted", false, false},
		{"stopping", "", true, "stopping", "an application shop is being deleted", false, false},
		{"", "", true, "stopping", "an application shop is being deleted", false, false},
	} {
		t.Run(fmt.Sprint(tt.state, " ", tt.going), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			app := b.deploy(shop)
			if tt.state != "" {
				b.exec(fmt.Sprintf(`insert into policy.v_applications (uid, application, state, healthy, reason, wanted, up)
					values ('%s', 'shop', '%s', false, '%s', 2, 0)`, app.UID, tt.state, tt.reason))
			}
			if tt.going {
				ok[view.Accepted](b, http.StatusAccepted, "DELETE", "/v1/applications/shop", "")
			}
			plan := ok[view.Plan](b, http.StatusOK, "POST", "/v1/applications?dry_run=true", shop)
			c := plan.Changes
			if c.State != tt.says || c.Reason != tt.reason || c.Refusal != tt.refusal || c.Deployed != tt.deployed || c.Differs() == tt.same {
				t.Errorf("%+v", c)
			}
			if !slices.Contains(plan.Notes, tt.refusal+": this would be refused") {
				t.Errorf("notes %q", plan.Notes)
			}
		})
	}
}

func TestCloudsAreThoseOfTheProvisioner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`insert into provisioner.v_clouds (cloud, location) values ('my-docker-cloud', 'localhost'), ('big', 'localhost')`)
	text := "id: %s\nlocation: %s\nservices: [{type: 'docker:x'}]"
	for id, cloud := range map[string]string{"a": "big", "b": "localhost", "c": "my-docker-cloud"} {
		b.deploy(fmt.Sprintf(text, id, cloud))
	}
	p := b.do("POST", "/v1/applications", fmt.Sprintf(text, "d", "bgi")).problem(t)
	if len(p.Errors) != 1 || p.Errors[0].Line != 2 || p.Errors[0].Hint != `did you mean "big"?` {
		t.Errorf("%+v", p)
	}
}

func TestAnApplicationDoesNotGoToACloudThatWasRemoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`insert into provisioner.v_clouds (cloud, location) values ('big', 'localhost')`)
	for text, want := range map[string]string{
		"location: my-docker-cloud": `there is no cloud "my-docker-cloud"`,
		"location: localhost":       `there is no cloud "my-docker-cloud", which localhost stands for`,
		"name: Shop":                `there is no cloud "my-docker-cloud", which is meant where no location is named`,
	} {
		p := b.do("POST", "/v1/applications", "id: a\n"+text+"\nservices: [{type: 'docker:x'}]").problem(t)
		if len(p.Errors) != 1 || p.Errors[0].Detail != want || p.Errors[0].Hint != "known are big" {
			t.Errorf("%s: %+v", text, p)
		}
	}
}

func TestANameIsFreeAgainOnceItsApplicationIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.deploy(shop)
	if p := b.do("POST", "/v1/applications", shop).problem(t); p.Status != http.StatusConflict || p.Suggestion != "shop-2" {
		t.Errorf("%+v", p)
	}
	b.deploy(strings.Replace(shop, "id: shop", "id: shop-2", 1))
	if p := b.do("POST", "/v1/applications", shop).problem(t); p.Suggestion != "shop-3" {
		t.Errorf("%+v", p)
	}
	b.handle(t, events.ApplicationGone{Application: "shop", UID: first.UID})
	if second := b.deploy(shop); second.UID == first.UID {
		t.Error("a uid is used again")
	}
	o := ok[view.Operation](b, 200, "GET", "/v1/operations/"+first.Operation, "")
	if o.State != "failed" || o.Reason != "the application is gone" || o.FinishedAt == nil {
		t.Errorf("%+v", o)
	}
}

func TestAnIdempotencyKeyActsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := []string{"Idempotency-Key", "k-1"}
	first := b.do("POST", "/v1/applications", shop, key...)
	again := b.do("POST", "/v1/applications", shop, key...)
	if first.Status != http.StatusAccepted || again.Status != first.Status || !bytes.Equal(first.Body, again.Body) ||
		again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	other := b.do("POST", "/v1/applications", strings.Replace(shop, "shop", "other", 1), key...)
	if p := other.problem(t); p.Status != http.StatusUnprocessableEntity || p.Code != "key-reused" {
		t.Errorf("%+v", p)
	}
	if p := b.do("DELETE", "/v1/applications/shop", "", key...).problem(t); p.Code != "key-reused" {
		t.Errorf("%+v", p)
	}
	if n := len(b.facts()); n != 1 {
		t.Errorf("%d facts", n)
	}
}

func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path, key := "/v1/applications/shop/restart", []string{"Idempotency-Key", "k"}
	if r := b.do("POST", path, "", key...); r.Status != http.StatusNotFound {
		t.Fatal(r.Status)
	}
	b.deploy(shop)
	if r := b.do("POST", path, "", key...); r.Status != http.StatusAccepted {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

func TestDuplicatesAtOnceWaitForTheFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	replies := make([]reply, 12)
	var all sync.WaitGroup
	for i := range replies {
		all.Go(func() { replies[i] = b.do("POST", "/v1/applications", shop, "Idempotency-Key", "same") })
	}
	all.Wait()
	for _, r := range replies {
		if r.Status != http.StatusAccepted || !bytes.Equal(r.Body, replies[0].Body) {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	if n := len(b.facts()); n != 1 {
		t.Errorf("%d facts", n)
	}
}

func TestWithoutAKeyOneOfManyAtOnceGetsTheName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	statuses := make(chan int, 8)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() { statuses <- b.do("POST", "/v1/applications", shop).Status })
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[http.StatusAccepted] != 1 || count[http.StatusConflict] != 7 {
		t.Error(count)
	}
}

func tarGZ(t *testing.T, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err != nil || w.Close() != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parts makes a multipart body of name, content pairs.
func parts(t *testing.T, pairs ...string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i+1 < len(pairs); i += 2 {
		p, err := w.CreateFormFile(pairs[i], pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

const built = "id: built\nservices: [{id: a, dockerfile: Dockerfile}]\n"

func TestAContextIsKeptForItsApplication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := tarGZ(t, "./Dockerfile", "FROM scratch\n")
	// Two clients choose two boundaries: the key is for what is sent, not for how.
	var replies []reply
	for range 2 {
		body, kind := parts(t, "blueprint", built, "context", string(data))
		replies = append(replies, b.do("POST", "/v1/applications", body, "Content-Type", kind, "Idempotency-Key", "k"))
	}
	if replies[0].Status != http.StatusAccepted || !bytes.Equal(replies[0].Body, replies[1].Body) {
		t.Fatalf("%s, then %s", replies[0].Body, replies[1].Body)
	}
	rows := pgtest.Query(t, b.db, `
		select c.data, c.size from api.v_contexts c join api.v_applications a on a.spec ->> 'context' = c.digest`)
	if len(rows) != 1 || !bytes.Equal(rows[0]["data"].([]byte), data) || rows[0]["size"] != int64(len(data)) {
		t.Error("the context is not there")
	}
}

func TestBadUploadsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name   string
		pairs  []string
		status int
		want   string
	}{
		{"no blueprint", []string{"context", "x"}, 400, "the part blueprint is missing"},
		{"unknown part", []string{"blueprint", built, "extra", "x"}, 400, `the part "extra" is unknown`},
		{"no tar.gz", []string{"blueprint", built, "context", "text"}, 400, "no tar.gz"},
		{"no such file", []string{"blueprint", built, "context", string(tarGZ(t, "other", "x"))}, 400, "a problem"},
		{"large blueprint", []string{"blueprint", strings.Repeat("#", maxBlueprint+1)}, 413, "larger than 1 MiB"},
		{"large context", []string{"blueprint", built, "context", strings.Repeat("x", archive.MaxBytes+1)}, 413, "larger than 32 MiB"},
		{"very large context", []string{"blueprint", built, "context", strings.Repeat("x", archive.MaxBytes+(8<<20))}, 413, "larger than 32 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, kind := parts(t, tt.pairs...)
			p := b.do("POST", "/v1/applications", body, "Content-Type", kind).problem(t)
			if p.Status != tt.status || !strings.Contains(p.Detail, tt.want) {
				t.Errorf("%+v", p)
			}
		})
	}
	if rows := pgtest.Query(t, b.db, `select 1 from api.contexts union all select 1 from api.applications`); len(rows) != 0 {
		t.Error("something is left behind")
	}
}
