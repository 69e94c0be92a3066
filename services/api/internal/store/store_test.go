package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"

	"pgregory.net/rapid"
)

func open(t *testing.T) (*Database, *pg.DB) {
	t.Helper()
	db := pgtest.Open(t, "api", pg.Schema{Name: "api", Migrations: Migrations()})
	return New(db), db
}

func change(t *testing.T, d *Database, fn func(ctx context.Context, s *Store) ([]events.Event, error)) {
	t.Helper()
	if err := d.Change(t.Context(), "", fn); err != nil {
		t.Fatal(err)
	}
}

func submitOne(t *testing.T, d *Database, uid, id, digest string) {
	t.Helper()
	app := clocker.Application{ID: id, Name: id, Cloud: "c", Context: digest,
		Entities: []clocker.Entity{{ID: "web", Size: 1, Image: clocker.ImageSource{Reference: "x"}}}}
	change(t, d, func(ctx context.Context, s *Store) ([]events.Event, error) {
		return s.Submit(ctx, Submission{Application: app, UID: uid, Operation: "op-" + uid, Blueprint: "id: " + id, Context: []byte(digest)})
	})
}

func TestPruningKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	d, db := open(t)
	submitOne(t, d, "u1", "lives", "old-used")
	submitOne(t, d, "u2", "gone", "old-unused")
	submitOne(t, d, "u3", "gone-too", "new-unused")
	change(t, d, func(ctx context.Context, s *Store) ([]events.Event, error) {
		if err := s.Gone(ctx, "u2", time.Now()); err != nil {
			return nil, err
		}
		return nil, s.Gone(ctx, "u3", time.Now())
	})
	pgtest.Exec(t, db, `update api.contexts set sent_at = now() - interval '2 hours' where digest like 'old%'`)
	pgtest.Exec(t, db, `insert into api.idempotency_keys (key, fingerprint, created_at)
		values ('old', '', now() - interval '25 hours'), ('new', '', now() - interval '23 hours')`)
	change(t, d, func(ctx context.Context, s *Store) ([]events.Event, error) { return nil, s.Prune(ctx) })
	var left []string
	for _, row := range pgtest.Query(t, db, `select digest as k from api.contexts union all select key from api.idempotency_keys order by k`) {
		left = append(left, row["k"].(string))
	}
	if got := strings.Join(left, " "); got != "new new-unused old-used" {
		t.Error(got)
	}
}

func TestAKeyPastItsTimeIsFree(t *testing.T) {
	t.Parallel()
	d, db := open(t)
	claim := func(fingerprint string) (answer *Answer, err error) {
		err = d.Change(t.Context(), "", func(ctx context.Context, s *Store) ([]events.Event, error) {
			k := Key{Key: "k", Fingerprint: []byte(fingerprint)}
			if answer, err = s.Claim(ctx, k); answer != nil || err != nil {
				return nil, err
			}
			return nil, s.Keep(ctx, k, Answer{Status: 202, Body: []byte(fingerprint)})
		})
		return answer, err
	}
	if a, err := claim("one"); a != nil || err != nil {
		t.Fatal(a, err)
	}
	if a, err := claim("one"); err != nil || a == nil || a.Status != 202 || string(a.Body) != "one" {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := claim("two"); err != ErrKeyReused {
		t.Error(err)
	}
	pgtest.Exec(t, db, `update api.idempotency_keys set created_at = now() - interval '25 hours'`)
	if a, err := claim("two"); a != nil || err != nil {
		t.Error(a, err)
	}
}

func TestAFreeIDIsAnIDThatIsFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?`).Draw(t, "id")
		n := rapid.IntRange(0, 120).Draw(t, "taken")
		taken := map[string]bool{}
		for range n {
			taken[freeID(id, func(s string) bool { return taken[s] })] = true
		}
		if len(taken) != n {
			t.Fatalf("%d ids for %d", len(taken), n)
		}
		for s := range taken {
			if !clocker.ValidID(s) || s == id {
				t.Fatalf("%q of %q", s, id)
			}
		}
	})
}
