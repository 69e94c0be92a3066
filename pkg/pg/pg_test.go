package pg_test

import (
	"context"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestRolesAreKeptApart(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	for _, sql := range []string{
		`delete from events.events`, `update events.head set number = 0`, `select * from events.outbox`,
		`delete from events.outbox`, `insert into policy.v_entities values ('u', 'a', 'e', 1)`,
	} {
		err := u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
			_, err := s.Exec(ctx, sql)
			return nil, err
		})
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: got %v, want permission denied", sql, err)
		}
	}
}

func TestADatabaseBelongsToOneInstallation(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, ledger)
	for _, tc := range []struct {
		name, installation string
		known              bool
		want               clocker.Code
	}{
		{"new, but the installation had another", "a", true, clocker.Conflict},
		{"new", "a", false, ""},
		{"its own", "a", true, ""},
		{"somebody else's", "b", false, clocker.Conflict},
	} {
		if err := pg.Claim(t.Context(), url, tc.installation, tc.known); clocker.CodeOf(err) != tc.want || (tc.want == "" && err != nil) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
