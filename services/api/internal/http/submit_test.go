package http

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
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
