package pg_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// logged makes a log of n events that were all published and that the only consumer has handled.
func logged(t *testing.T, n int) *pg.DB {
	t.Helper()
	db := pgtest.Open(t, "ipam", ledger)
	hash := events.Genesis()
	var ids []string
	var times []time.Time
	var links [][]byte
	for i := range n {
		r := events.Record{Number: int64(i + 1), ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1), Topic: "application.submitted",
			Source: "api", Subject: "clocker.evt.application.submitted.shop", Application: "shop", Data: []byte(`{}`),
			Time: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)}
		hash = events.Link(hash, r)
		ids, times, links = append(ids, r.ID), append(times, r.Time), append(links, hash)
	}
	pgtest.Exec(t, db, `
		insert into events.events (number, id, topic, source, subject, application, host, time, cause, trace, data, hash)
		select number, id, 'application.submitted', 'api', 'clocker.evt.application.submitted.shop', 'shop', '', time, 0, '', '{}', hash
		from unnest($1::uuid[], $2::timestamptz[], $3::bytea[]) with ordinality as f(id, time, hash, number)`, ids, times, links)
	pgtest.Exec(t, db, `update events.head set number = $1, hash = $2, published = $1`, n, hash)
	pgtest.Exec(t, db, `insert into ipam.floors values ('ipam', $1)`, n)
	return db
}

// prunedTo is where the log begins, and what was stated of it.
func prunedTo(t *testing.T, db *pg.DB) (int64, []events.Event) {
	t.Helper()
	head := pgtest.Query(t, db, `select pruned, pruned_hash from events.head`)[0]
	first := pgtest.Query(t, db, `select min(number) as number from events.events`)[0]["number"]
	pruned := head["pruned"].(int64)
	if first != pruned+1 {
		t.Errorf("the log begins at %v, but its head says that %d went", first, pruned)
	}
	return pruned, pgtest.Outbox(t, db)
}

func TestEventsArePrunedOnlyWhenNobodyNeedsThem(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := []struct {
		name, sql string
		keep      time.Duration
		through   int64
	}{
		{"all but the last", ``, day, 9},
		{"the young ones stay", `update events.events set time = now() where number >= 7`, day, 6},
		{"one young one keeps what follows it", `update events.events set time = now() where number = 3`, day, 2},
		{"none is old enough", ``, 100 * 365 * day, 0},
		{"a consumer has not handled them", `update ipam.floors set floor = 4`, day, 4},
		{"a consumer has not begun", `delete from ipam.floors`, day, 0},
		{"a dead letter is open", `insert into ipam.dead_letters (consumer, number, topic, reason) values ('ipam', 6, 't', 'r')`, day, 5},
		{"the stream was not known to hold them", `update events.head set published = 3`, day, 3},
		{"only what was said of pruning", `update events.events set topic = 'events.pruned' where number < 3;
			update events.events set time = now() where number > 2`, day, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := logged(t, 10)
			if tt.sql != "" {
				pgtest.Exec(t, db, tt.sql)
				relink(t, db)
			}
			if err := db.Prune(t.Context(), tt.keep); err != nil {
				t.Fatal(err)
			}
			kept := keptHash(t, db)
			through, stated := prunedTo(t, db)
			if through != tt.through {
				t.Fatalf("pruned up to %d, want %d", through, tt.through)
			}
			if tt.through == 0 {
				if len(stated) != 0 {
					t.Errorf("stated %v", stated)
				}
				return
			}
			e, ok := stated[0].(events.EventsPruned)
			if !ok || len(stated) != 1 || e.Through != through || e.Hash != kept {
				t.Errorf("stated %+v, want through %d with hash %s", stated, through, kept)
			}
			// Nothing new is old enough: nothing more goes, and nothing is said again.
			if err := db.Prune(t.Context(), tt.keep); err != nil {
				t.Fatal(err)
			}
			if again, stated := prunedTo(t, db); again != through || len(stated) != 0 {
				t.Errorf("then pruned up to %d, and stated %v", again, stated)
			}
		})
	}
}

// relink makes the hashes follow from what the rows say, as if they had been written so.
func relink(t *testing.T, db *pg.DB) {
	t.Helper()
	hash := events.Genesis()
	for _, r := range log(t, db) {
		hash = events.Link(hash, r)
		pgtest.Exec(t, db, `update events.events set hash = $2 where number = $1`, r.Number, hash)
	}
	pgtest.Exec(t, db, `update events.head set hash = $1`, hash)
}

// keptHash is the hash that was kept of what is gone.
func keptHash(t *testing.T, db *pg.DB) string {
	t.Helper()
	return hex.EncodeToString(pgtest.Query(t, db, `select pruned_hash from events.head`)[0]["pruned_hash"].([]byte))
}

// log reads all that is left of the log.
func log(t *testing.T, db *pg.DB) []events.Record {
	t.Helper()
	rows := pgtest.Query(t, db, `select number, id::text, topic, source, subject, application, host, cause, trace, time, data, hash from events.events order by number`)
	list := make([]events.Record, len(rows))
	for i, r := range rows {
		list[i] = events.Record{Number: r["number"].(int64), ID: r["id"].(string), Topic: r["topic"].(string), Source: r["source"].(string),
			Subject: r["subject"].(string), Application: r["application"].(string), Host: r["host"].(string), Cause: r["cause"].(int64),
			Trace: r["trace"].(string), Time: r["time"].(time.Time).UTC(), Data: r["data"].([]byte), Hash: r["hash"].([]byte)}
	}
	return list
}

func TestAPrunedLogLinksFromTheHashThatWasKept(t *testing.T) {
	t.Parallel()
	db := logged(t, 4500) // more than goes in one step
	if err := db.Prune(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	pruned, stated := prunedTo(t, db)
	if pruned != 4499 || len(stated) != 3 {
		t.Errorf("pruned up to %d in %d steps", pruned, len(stated))
	}
	head := pgtest.Query(t, db, `select number, hash, pruned_hash from events.head`)[0]
	chain := audit.From(pruned, head["pruned_hash"].([]byte))
	for _, r := range log(t, db) {
		if err := chain.Next(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := chain.End(head["number"].(int64), head["hash"].([]byte)); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasTamperedWithIsNotPruned(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"edited":  `update events.events set data = '{"a":1}' where number = 4`,
		"removed": `delete from events.events where number = 4`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := logged(t, 10)
			pgtest.Exec(t, db, sql)
			var broken *audit.Break
			if err := db.Prune(t.Context(), time.Hour); !errors.As(err, &broken) || broken.Number != 4 {
				t.Errorf("%v, want a break at event 4", err)
			}
			if pruned, _ := prunedTo(t, db); pruned != 0 {
				t.Errorf("pruned up to %d", pruned)
			}
		})
	}
}

func TestNoRoleDeletesEventsButThroughPrune(t *testing.T) {
	t.Parallel()
	db := logged(t, 10)
	pgtest.Exec(t, db, `update ipam.floors set floor = 5`)
	tests := []struct{ role, sql, want string }{
		{"clocker_ipam", `select events.prune(3)`, "permission denied"},
		{"clocker_ipam", `delete from events.events where number = 1`, "permission denied"},
		{"clocker_sequencer", `delete from events.events where number = 1`, "permission denied"},
		{"clocker_sequencer", `update events.events set data = '{}' where number = 1`, "permission denied"},
		{"clocker_sequencer", `truncate events.events`, "permission denied"},
		{"clocker_sequencer", `select events.prune(6)`, "event 6 is still needed"},
		{"clocker_sequencer", `select events.prune(0)`, "event 0 is not there"},
		{"clocker_sequencer", `select events.prune(5)`, ""},
	}
	u := pg.NewUnit(db, bind)
	for _, tt := range tests {
		err := u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
			if _, err := s.Exec(ctx, `reset role; set local role `+tt.role); err != nil {
				return nil, err
			}
			_, err := s.Exec(ctx, tt.sql)
			return nil, err
		})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %s: %v, want %q", tt.role, tt.sql, err, tt.want)
		}
	}
}

func TestAStreamMadeAnewOverAPrunedLogStartsBehindWhatIsGone(t *testing.T) {
	t.Parallel()
	db := logged(t, 10)
	if err := db.Prune(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, db, `delete from ipam.floors`) // as a service that came later
	conn := bustest.Connect(t)
	sequence(t, conn, db)
	u := pg.NewUnit(db, bind)
	state(t, u, submitted("after"))
	numbers := consume(t, conn, u, 2)
	if fmt.Sprint(numbers) != "[10 12]" { // 11 says that the others were pruned
		t.Errorf("a consumer got %v", numbers)
	}
}

func TestTheRetentionIsReadInWordsOfPeople(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want time.Duration
		bad  bool
	}{
		{"", 0, false}, {"90d", 90 * 24 * time.Hour, false}, {"36h", 36 * time.Hour, false}, {"1m30s", 90 * time.Second, false},
		{"0", 0, true}, {"-1h", 0, true}, {"0d", 0, true}, {"ninety", 0, true}, {"d", 0, true}, {"90", 0, true},
	}
	for _, tt := range tests {
		got, err := pg.ReadRetention(tt.text)
		if got != tt.want || (err != nil) != tt.bad || err != nil && !strings.Contains(err.Error(), "CLOCKER_EVENTS_RETENTION") {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
	}
}
