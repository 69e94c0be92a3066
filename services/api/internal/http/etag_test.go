package http

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

func TestWhatTheCallerHasAlreadyIsNotSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.furnish(app.UID)
	for _, path := range []string{"/v1/applications", "/v1/applications/shop", "/v1/applications/shop/entities",
		"/v1/applications/shop/entities/web", "/v1/containers", "/v1/containers/shop/web/0", "/v1/hosts", "/v1/hosts/localhost",
		"/v1/clouds", "/v1/images", "/v1/operations", "/v1/operations/" + app.Operation, "/v1/tokens"} {
		first := b.do("GET", path, "")
		tag := first.Header.Get("ETag")
		if first.Status != http.StatusOK || len(tag) != 24 || tag[0] != '"' {
			t.Fatalf("%s: %d, ETag %s", path, first.Status, tag)
		}
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			r := b.do("GET", path, "", "If-None-Match", known)
			if r.Status != http.StatusNotModified || len(r.Body) > 0 || r.Header.Get("ETag") != tag {
				t.Errorf("%s with %s: %d %s", path, known, r.Status, r.Body)
			}
		}
		if r := b.do("GET", path, "", "If-None-Match", `"other"`); r.Status != http.StatusOK || string(r.Body) != string(first.Body) {
			t.Errorf("%s with another: %d", path, r.Status)
		}
	}
	before := b.do("GET", "/v1/applications/shop", "").Header.Get("ETag")
	b.exec(`update policy.v_containers set state = 'unhealthy' where entity = 'store'`)
	if r := b.do("GET", "/v1/applications/shop", "", "If-None-Match", before); r.Status != http.StatusOK {
		t.Errorf("after a change: %d", r.Status)
	}
}

func TestAChangeOfWhatHasChangedMeanwhileIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.facts()
	operation := "/v1/operations/" + app.Operation
	for _, change := range []struct{ read, method, path, body string }{
		{"/v1/applications/shop", "POST", "/v1/applications/shop/restart", ""},
		{"/v1/applications/shop/entities/web", "POST", "/v1/applications/shop/entities/web/resize", `{"size":3}`},
		{"/v1/applications/shop/entities/web", "POST", "/v1/applications/shop/entities/web/restart", ""},
		{"/v1/applications/shop/entities/web", "POST", "/v1/applications/shop/entities/web/effectors/resize", `{"desiredSize":4}`},
		{operation, "POST", operation + "/cancel", ""},
		{"/v1/applications/shop", "DELETE", "/v1/applications/shop", ""},
	} {
		p := b.do(change.method, change.path, change.body, "If-Match", `"old"`).problem(t)
		if p.Status != http.StatusPreconditionFailed || p.Code != "changed" || !strings.Contains(p.Detail, "has changed since it was read") {
			t.Errorf("%s with an old tag: %+v", change.path, p)
		}
		tag := b.do("GET", change.read, "").Header.Get("ETag")
		if p := b.do(change.method, change.path, change.body, "If-Match", "W/"+tag).problem(t); p.Status != http.StatusPreconditionFailed {
			t.Errorf("%s with a weak tag: %+v", change.path, p)
		}
		if n := len(b.facts()); n != 0 {
			t.Errorf("%s: %d facts of refused requests", change.path, n)
		}
		if r := b.do(change.method, change.path, change.body, "If-Match", tag); r.Status != http.StatusAccepted {
			t.Errorf("%s with its tag: %d %s", change.path, r.Status, r.Body)
		}
		if n := len(b.facts()); n != 1 {
			t.Errorf("%s: %d facts", change.path, n)
		}
	}
}

// All have read the same; the owner has not acted on any of it yet.
func TestOfChangesInTheSameBeliefOneIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tt := range []struct {
		read    string
		changes [][3]string // method, path, body
	}{
		{"/v1/applications/%s/entities/web", [][3]string{
			{"POST", "/v1/applications/%s/entities/web/resize", `{"size":3}`}, {"POST", "/v1/applications/%s/entities/web/restart", ""}}},
		{"/v1/applications/%s", [][3]string{{"DELETE", "/v1/applications/%s", ""}, {"POST", "/v1/applications/%s/restart", ""}}},
	} {
		for round := range 5 {
			id := fmt.Sprintf("shop-%d-%d", round, len(tt.read))
			b.deploy(strings.Replace(shop, "id: shop", "id: "+id, 1))
			b.facts()
			tag := b.do("GET", fmt.Sprintf(tt.read, id), "").Header.Get("ETag")
			statuses := make(chan int, 8)
			var all sync.WaitGroup
			for n := range cap(statuses) {
				change := tt.changes[n%len(tt.changes)]
				all.Go(func() { statuses <- b.do(change[0], fmt.Sprintf(change[1], id), change[2], "If-Match", tag).Status })
			}
			all.Wait()
			close(statuses)
			count := map[int]int{}
			for s := range statuses {
				count[s]++
			}
			// Once a delete is taken, a restart is refused for that.
			if count[http.StatusAccepted] != 1 || count[http.StatusPreconditionFailed]+count[http.StatusConflict] != 7 {
				t.Errorf("%s: %v", tt.read, count)
			}
			if n := len(b.facts()); n != 1 {
				t.Errorf("%s: %d facts", tt.read, n)
			}
		}
	}
}

func TestARepeatedRequestGetsItsAnswerAlthoughWhatItMatchedHasChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deploy(shop)
	tag := b.do("GET", "/v1/applications/shop", "").Header.Get("ETag")
	headers := []string{"If-Match", tag, "Idempotency-Key", "k"}
	first := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/restart", "", headers...)
	if again := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/restart", "", headers...); again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
}

func TestWhatIsNotThereMatchesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if p := b.do("DELETE", "/v1/applications/none", "", "If-Match", "*").problem(t); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
	app := b.deploy(shop)
	b.handle(t, events.ApplicationGone{Application: "shop", UID: app.UID})
	if p := b.do("DELETE", "/v1/applications/shop", "", "If-Match", "*").problem(t); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
}
