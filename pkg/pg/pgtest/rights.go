package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What Postgres answers: who may not, and who would not get far with it even if they might.
const (
	codeDenied      = "42501"
	codeNoSuchView  = "55000" // a view that cannot be written
	codeBadPassword = "28P01"
)

// ofEvents is what every service may do with the tables of schema events, each with its reason. What is not here, it may
// not; what the sequencer may beside it stands in ofSequencer.
var ofEvents = map[string][]string{
	"outbox":         {"insert"},                     // it states facts, and reads nobody's
	"outbox_id_seq":  {"next"},                       // the order of the outbox
	"events":         {"select"},                     // the log is public inside the control plane
	"head":           {"select"},                     // its end
	"v_floors":       {"select"},                     // how far consumers are
	"v_dead_letters": {"select"},                     // what they could not handle
	"v_versions":     {"select"},                     // which tables there are
	"leases":         {"select", "insert", "update"}, // it holds roles of its own
}

// ofEventsAlone is what one service may do beside that.
var ofEventsAlone = map[string]map[string][]string{
	"api": {"v_waiting": {"select"}}, // the audit compares the log, and what will be in it, with the views
}

var ofSequencer = map[string][]string{
	"outbox":   {"select", "delete"}, // it takes what it numbers
	"events":   {"insert"},           // and never changes what is numbered
	"head":     {"update"},
	"v_needed": {"select"},  // what must not be pruned
	"prune":    {"execute"}, // the one way in which an event goes
}

// CheckRights logs in as each service with its password and tries every table, view and sequence of every schema, and
// what would make it more than it is. The cases are those of the catalogue: a new table is refused to all but its owner,
// or the test fails.
func CheckRights(t *testing.T, schemas ...pg.Schema) {
	t.Helper()
	r := startRights(t, schemas)
	relations := r.relations(t)
	if len(relations) < 5*len(schemas) {
		t.Fatalf("the catalogue shows %d tables only", len(relations))
	}
	for _, s := range schemas {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			a := r.login(t, s.Name)
			a.tries(relations, func(rel relation, verb string) bool { return mayAsService(s.Name, rel, verb) })
			a.cannotGrow(schemas)
			r.said.await(t, "as "+pg.RoleName(s.Name)+" ERROR:  permission denied for table events")
			r.cannotGuess(t, s.Name)
		})
		t.Run(s.Name+" as sequencer", func(t *testing.T) {
			t.Parallel()
			a := r.login(t, s.Name)
			a.must("set role " + pg.RoleName(pg.Sequencer))
			a.tries(relations, mayAsSequencer)
		})
	}
}

func mayAsService(service string, rel relation, verb string) bool {
	switch {
	case rel.schema == service && rel.kind != "function":
		// Rows are a service's own, the tables themselves are the owner's.
		return verb != "truncate" && (rel.kind != "v" || verb == "select")
	case rel.schema == "events":
		return slices.Contains(ofEvents[rel.name], verb) || slices.Contains(ofEventsAlone[service][rel.name], verb)
	default:
		return verb == "select" && rel.published()
	}
}

func mayAsSequencer(rel relation, verb string) bool {
	if rel.schema == "events" {
		return slices.Contains(ofEvents[rel.name], verb) || slices.Contains(ofSequencer[rel.name], verb)
	}
	return verb == "select" && rel.published()
}

// guarded is a Postgres that asks for passwords.
type guarded struct {
	server    *server.Server
	url       string // the owner's
	said      *said
	passwords map[string]string
}

func startRights(t *testing.T, schemas []pg.Schema) *guarded {
	t.Helper()
	bin, err := server.Find()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+".guarded-") // as sweep expects it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	hba := filepath.Join(dir, "hba")
	if err := errors.Join(os.Chmod(dir, 0o711), os.WriteFile(hba, []byte("local all clocker trust\nlocal all all scram-sha-256\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	r := &guarded{said: newSaid(), passwords: map[string]string{}}
	ctx := t.Context()
	r.server, err = server.Start(ctx, server.Config{Binaries: bin, Dir: filepath.Join(dir, "pg"), Log: slog.New(r.said),
		Settings: map[string]string{"hba_file": hba, "log_min_messages": "error", "log_line_prefix": "as %u ", "log_min_error_statement": "panic"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_ = r.server.Stop(end) // it ends with this process, too
	})
	if r.url, err = r.server.CreateDatabase(ctx, "clocker"); err != nil {
		t.Fatal(err)
	}
	for _, s := range schemas {
		r.passwords[s.Name] = "password-of-" + s.Name
	}
	if err := errors.Join(pg.Migrate(ctx, r.url, schemas...), pg.Logins(ctx, r.url, r.passwords)); err != nil {
		t.Fatal(err)
	}
	return r
}

// relation is a table, view or sequence, or a function whose column is its signature.
type relation struct{ schema, name, kind, column string }

func (r relation) String() string  { return r.schema + "." + r.name }
func (r relation) published() bool { return r.kind == "v" && strings.HasPrefix(r.name, "v_") }

func (r *guarded) relations(t *testing.T) []relation {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `
		select n.nspname, c.relname, c.relkind::text, coalesce((select attname from pg_attribute a
		  where a.attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' order by attnum limit 1), '')
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
		union all -- functions that act with their owner's rights
		select n.nspname, p.proname, 'function', p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
		where n.nspname !~ '^(pg_|information_schema)' and p.prosecdef order by 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (rel relation, err error) {
		return rel, row.Scan(&rel.schema, &rel.name, &rel.kind, &rel.column)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// connect is how a service's own process does it.
func (r *guarded) connect(ctx context.Context, service, password string) (*pgx.Conn, error) {
	u, err := url.Parse(r.url)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("user", pg.RoleName(service))
	q.Set("password", password)
	u.RawQuery = q.Encode()
	return pgx.Connect(ctx, u.String())
}

func (r *guarded) login(t *testing.T, service string) *actor {
	t.Helper()
	conn, err := r.connect(t.Context(), service, r.passwords[service])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return &actor{t: t, conn: conn, service: service}
}

func (r *guarded) cannotGuess(t *testing.T, service string) {
	t.Helper()
	for _, password := range []string{"", "wrong", r.passwords["api"] + r.passwords["policy"]} {
		conn, err := r.connect(t.Context(), service, password)
		if err == nil {
			_ = conn.Close(t.Context())
			t.Errorf("logged in with password %q", password)
		}
		var refused *pgconn.PgError
		if password != "" && (!errors.As(err, &refused) || refused.Code != codeBadPassword) {
			t.Errorf("password %q: %v", password, err)
		}
	}
	r.said.await(t, fmt.Sprintf("password authentication failed for user %q", pg.RoleName(service)))
}
