package pg

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver for goose
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed common.sql
var common string

// Schema is a service's part of the database: the schema of its name and the goose migrations that make it.
type Schema struct {
	Name       string
	Migrations fs.FS // *.sql at its root, 00001_name.sql; tables named with their schema
}

// auditing is the service that compares the log with the views, and so must see what has no number yet.
const auditing = "api"

// Sequencer is the role that numbers events; it is no service and has no schema.
const Sequencer = "sequencer"

// migrateLock is an advisory lock key: two migrations at once take turns.
const migrateLock = 0x636c6f636b6572

func eventsSchema() Schema {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return Schema{Name: "events", Migrations: sub}
}

// Migrate brings a database to this version: roles, schema events, then the given ones in order, then rights. A later
// schema may read the v_ views of an earlier one. ownerURL is that of a user that may create roles and schemas.
// Source: goose migrations, forward only, one transaction each, under an advisory lock. A schema that is newer than
// this program is refused before anything is changed.
func Migrate(ctx context.Context, ownerURL string, schemas ...Schema) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, migrateLock); err != nil {
		return fmt.Errorf("migrate: wait for another migration: %w", err)
	}
	all := append([]Schema{eventsSchema()}, schemas...)
	if err := notNewer(ctx, conn, all); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := prepare(ctx, conn, all); err != nil {
		return err
	}
	for _, s := range all {
		if err := migrateOne(ctx, ownerURL, s); err != nil {
			return fmt.Errorf("migrate schema %s: %w", s.Name, err)
		}
	}
	return grant(ctx, conn, schemas)
}

// prepare makes every role and schema, so that migrations may name each other's.
func prepare(ctx context.Context, conn *pgx.Conn, schemas []Schema) error {
	var b strings.Builder
	for _, s := range schemas {
		role := s.Name
		if s.Name == "events" {
			role = Sequencer
		}
		fmt.Fprintf(&b, `
			do $$ begin create role %[1]s nologin noinherit; exception when duplicate_object or unique_violation then null; end $$;
			do $$ begin execute format('grant %[1]s to %%I', current_user);
			exception when invalid_grant_operation then null; end $$;
			create schema if not exists %[2]s;`, RoleName(role), s.Name)
		if s.Name != "events" {
			fmt.Fprintf(&b, candidate, RoleName(s.Name), RoleName(Sequencer))
			b.WriteString(strings.ReplaceAll(common, "{schema}", s.Name))
		}
	}
	if _, err := conn.Exec(ctx, b.String()); err != nil {
		return fmt.Errorf("migrate: make roles and schemas: %w", err)
	}
	return nil
}

// candidate lets a service that logs in as itself take the sequencer's role, which it has to do by name: without doing so
// it has none of its rights. Roles are the cluster's, not the database's, so another migration may be a moment ahead.
const candidate = `
	do $$ begin
	  if (select rolinherit from pg_roles where rolname = '%[1]s') then alter role %[1]s noinherit; end if;
	  if not pg_has_role('%[1]s', '%[2]s', 'member') then grant %[2]s to %[1]s; end if;
	exception when unique_violation then null; end $$;`

func migrateOne(ctx context.Context, url string, s Schema) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, s.Migrations,
		goose.WithTableName(s.Name+".migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil && !errors.Is(err, goose.ErrNoNextVersion) {
		return err
	}
	return nil
}

// grant gives each role its schema and everybody's v_ views, and no more: what Postgres gives to everybody in a new
// database is taken back.
func grant(ctx context.Context, conn *pgx.Conn, schemas []Schema) error {
	roles := []string{RoleName(Sequencer)}
	var floors, letters, needed []string
	for _, s := range schemas {
		roles = append(roles, RoleName(s.Name))
		// A service that has not begun stands at 0: a new stream must hold everything for it.
		floors = append(floors, fmt.Sprintf(`select '%[1]s' as service, consumer, floor from %[1]s.floors
			union all select '%[1]s', '%[1]s', 0 where not exists (select from %[1]s.floors)`, s.Name))
		letters = append(letters, fmt.Sprintf(`select '%[1]s' as service, * from %[1]s.v_dead_letters`, s.Name))
		needed = append(needed, fmt.Sprintf(`select min(number) from %s.dead_letters`, s.Name))
	}
	if len(schemas) == 0 {
		floors = []string{"select ''::text as service, ''::text as consumer, 0::bigint as floor where false"}
		letters = []string{"select ''::text as service, ''::text as consumer, 0::bigint as number where false"}
	}
	brought, err := versions(append([]Schema{eventsSchema()}, schemas...))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	// Events from these numbers on must not be pruned.
	needed = append(needed, `select min(floor) + 1 from events.v_floors`)
	everybody := strings.Join(roles, ", ")
	var b strings.Builder
	fmt.Fprintf(&b, `
		do $$ begin
		  execute format('revoke all on database %%I from public', current_database());
		  execute format('grant connect on database %%I to %[2]s', current_database());
		end $$;
		revoke all on schema public from public;
		create or replace view events.v_floors as %[1]s;
		drop view if exists events.v_dead_letters;
		create view events.v_dead_letters as %[4]s;
		create or replace view events.v_needed (number) as %[5]s;
		create or replace view events.v_waiting as select id, topic, data from events.outbox;
		%[6]s
		grant usage on schema events to %[2]s;
		grant insert on events.outbox to %[2]s;
		grant usage on sequence events.outbox_id_seq to %[2]s;
		grant select on events.events, events.head, events.v_floors, events.v_dead_letters, events.v_versions to %[2]s;
		grant select, insert, update on events.leases to %[2]s;
		grant select, delete on events.outbox to %[3]s;
		grant insert on events.events to %[3]s;
		grant update on events.head to %[3]s;
		grant select on events.v_needed to %[3]s;
		grant execute on function events.prune to %[3]s;`, strings.Join(floors, " union all "), everybody, RoleName(Sequencer),
		strings.Join(letters, " union all "), strings.Join(needed, " union all "), brought)
	for _, s := range schemas {
		fmt.Fprintf(&b, `
			grant usage on schema %[1]s to %[2]s;
			grant select, insert, update, delete on all tables in schema %[1]s to %[3]s;
			grant usage, select, update on all sequences in schema %[1]s to %[3]s;`, s.Name, everybody, RoleName(s.Name))
		if s.Name == auditing {
			fmt.Fprintf(&b, "grant select on events.v_waiting to %s;", RoleName(s.Name))
		}
	}
	b.WriteString(`
		do $$ declare v record; begin
		  for v in select schemaname, viewname from pg_views where viewname like 'v\_%' and schemaname = any(string_to_array('` +
		strings.Join(names(schemas), ",") + `', ',')) loop
		    execute format('revoke insert, update, delete on %I.%I from clocker_%1$s', v.schemaname, v.viewname);
		    execute format('grant select on %I.%I to ` + everybody + `', v.schemaname, v.viewname);
		  end loop; end $$;`)
	if _, err := conn.Exec(ctx, b.String()); err != nil {
		return fmt.Errorf("migrate: grant rights: %w", err)
	}
	return nil
}

func names(schemas []Schema) []string {
	out := make([]string, len(schemas))
	for i, s := range schemas {
		out[i] = s.Name
	}
	return out
}
