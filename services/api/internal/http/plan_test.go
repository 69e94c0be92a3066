package http

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/diff"
	"clocker.io/services/api/internal/view"
)

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
