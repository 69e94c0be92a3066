package pg_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// exported is a log of n events from first on, as a file.
func exported(t *testing.T, n, first int) string {
	t.Helper()
	list := log(t, logged(t, n))
	var b strings.Builder
	put := func(text []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	before := events.Genesis()
	if first > 1 {
		before = list[first-2].Hash
	}
	put(audit.HeaderLine(audit.Header{Installation: "home", First: int64(first), Hash: hex.EncodeToString(before)}))
	for _, r := range list[first-1:] {
		put(audit.RecordLine(r))
	}
	put(audit.TrailerLine(audit.Trailer{Last: int64(n), Hash: hex.EncodeToString(list[n-1].Hash)}))
	return b.String()
}

func TestAnImportedLogIsWholeAndNothingOfItIsHandledAgain(t *testing.T) {
	t.Parallel()
	for _, first := range []int{1, 31} {
		t.Run(fmt.Sprintf("from %d", first), func(t *testing.T) {
			t.Parallel()
			text := exported(t, 50, first)
			db := pgtest.Open(t, "ipam", ledger)
			f, err := pg.Import(t.Context(), pgtest.OwnerURL(t, db), strings.NewReader(text), ledger)
			if err != nil || f.Last() != 50 || f.Count() != int64(51-first) {
				t.Fatalf("%+v, %v", f, err)
			}
			conn := bustest.Connect(t)
			sequence(t, conn, db)
			u := pg.NewUnit(db, bind)
			state(t, u, submitted("new"))
			if numbers := consume(t, conn, u, 1); numbers[0] != 52 {
				t.Errorf("a service handles %v, want 52: 51 says that the others were imported", numbers)
			}
			head := pgtest.Query(t, db, `select number, hash, pruned, pruned_hash from events.head`)[0]
			chain := audit.From(head["pruned"].(int64), head["pruned_hash"].([]byte))
			list := log(t, db)
			for _, r := range list {
				if err := chain.Next(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := chain.End(head["number"].(int64), head["hash"].([]byte)); err != nil || chain.Count() != int64(53-first) {
				t.Errorf("%d events: %v", chain.Count(), err)
			}
			e, err := events.Decode(list[len(list)-2].Topic, list[len(list)-2].Data)
			if err != nil || e != (events.EventsImported{Installation: "home", Through: 50, Hash: hex.EncodeToString(f.Hash())}) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestAnImportIsRefusedOrLeavesNothing(t *testing.T) {
	t.Parallel()
	good := exported(t, 20, 1)
	lines := strings.SplitAfter(good, "\n")
	fact := func(t *testing.T, db *pg.DB) { state(t, pg.NewUnit(db, bind), submitted("shop")) }
	tests := []struct {
		name, text string
		before     func(t *testing.T, db *pg.DB)
		code       clocker.Code
		want       string
	}{
		{"edited", strings.Replace(good, lines[12], strings.Replace(lines[12], "shop", "shed", 1), 1), nil, clocker.Invalid, "event 12: its hash"},
		{"cut", strings.Join(lines[:15], ""), nil, clocker.Invalid, "breaks off after event 14"},
		{"no export", "{}", nil, clocker.Invalid, "no export"},
		{"something waits for a number", good, fact, clocker.Conflict, "not empty"},
		{"a service runs", good, func(t *testing.T, db *pg.DB) {
			pgtest.Exec(t, db, `insert into events.leases (name, holder, fence, expires_at) values ('role', 'it', 1, now() + interval '1 hour')`)
		}, clocker.Conflict, "stop them first"},
		{"not empty", good, func(t *testing.T, db *pg.DB) {
			if _, err := pg.Import(t.Context(), pgtest.OwnerURL(t, db), strings.NewReader(good), ledger); err != nil {
				t.Fatal(err)
			}
		}, clocker.Conflict, "not empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Open(t, "ipam", ledger)
			if tt.before != nil {
				tt.before(t, db)
			}
			count := func() string {
				return fmt.Sprint(pgtest.Query(t, db, `select (select count(*) from events.events) as events, (select number from events.head) as head,
					(select count(*) from events.outbox) as waiting, (select count(*) from ipam.floors) as floors`)[0])
			}
			before := count()
			_, err := pg.Import(t.Context(), pgtest.OwnerURL(t, db), strings.NewReader(tt.text), ledger)
			if clocker.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s %q", err, tt.code, tt.want)
			}
			if after := count(); after != before {
				t.Errorf("it left %s, before it was %s", after, before)
			}
		})
	}
}
