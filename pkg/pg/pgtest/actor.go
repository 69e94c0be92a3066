package pgtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// actor is a session of a service.
type actor struct {
	t       *testing.T
	conn    *pgx.Conn
	service string
}

func (a *actor) must(sql string) {
	a.t.Helper()
	if _, err := a.conn.Exec(a.t.Context(), sql); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
}

// try runs a statement that leaves nothing behind, and gives its error.
func (a *actor) try(sql string) error {
	a.t.Helper()
	a.must("begin")
	_, err := a.conn.Exec(a.t.Context(), sql)
	a.must("rollback")
	return err
}

func denied(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == codeDenied || refused.Code == codeNoSuchView)
}

// tries every verb on every relation.
func (a *actor) tries(all []relation, may func(relation, string) bool) {
	a.t.Helper()
	granted := 0
	for _, rel := range all {
		for verb, sql := range verbs(rel) {
			want := may(rel, verb)
			err := a.try(sql)
			if denied(err) == want {
				a.t.Errorf("%s of %s: %v, want it allowed: %v", verb, rel, err, want)
			}
			if want {
				granted++
			}
		}
		noun := map[string]string{"r": "table", "p": "table", "S": "sequence", "v": "view", "function": "function"}[rel.kind]
		if err := a.try(fmt.Sprintf("drop %s %s cascade", noun, rel)); !denied(err) {
			a.t.Errorf("drop of %s: %v", rel, err)
		}
	}
	if granted == 0 {
		a.t.Error("nothing was allowed: this looked at nothing")
	}
}

// verbs are a statement for each verb, which changes no row. What else is wrong with one is found after the rights are.
func verbs(rel relation) map[string]string {
	switch rel.kind {
	case "S":
		return map[string]string{"next": fmt.Sprintf("select nextval('%s')", rel)}
	case "function":
		_, args, _ := strings.Cut(strings.TrimSuffix(rel.column, ")"), "(")
		var nulls []string
		for arg := range strings.SplitSeq(args, ",") {
			if arg != "" {
				nulls = append(nulls, "null::"+arg)
			}
		}
		return map[string]string{"execute": fmt.Sprintf("select %s(%s)", rel, strings.Join(nulls, ","))}
	}
	out := map[string]string{
		"select": fmt.Sprintf("select from %s limit 0", rel),
		"insert": fmt.Sprintf("insert into %s default values", rel),
		"update": fmt.Sprintf("update %s set %q = null where false", rel, rel.column),
		"delete": fmt.Sprintf("delete from %s where false", rel),
	}
	if rel.kind != "v" {
		out["truncate"] = fmt.Sprintf("truncate %s", rel)
	}
	return out
}

// cannotGrow tries to become more than a service is.
func (a *actor) cannotGrow(schemas []pg.Schema) {
	a.t.Helper()
	statements := []string{
		"create schema mine", "create role mine", "create database mine", "create temporary table mine (a int)", "create table public.mine (a int)",
		"create extension dblink schema events", "create extension file_fdw schema events", "select * from pg_authid", "select rolpassword from pg_authid",
		"select pg_read_file('PG_VERSION')", "copy events.events to '/tmp/events'", "copy events.head to program 'true'",
		"set role clocker", "set session authorization clocker", "alter role current_user superuser", "alter role current_user createrole",
		"alter system set log_min_messages = 'panic'", "set log_min_messages = 'panic'",
		"alter table events.events disable trigger all", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clocker'",
		"grant " + pg.RoleName(a.service) + " to " + pg.RoleName(pg.Sequencer),
	}
	for _, s := range schemas {
		statements = append(statements, "create table "+s.Name+".mine (a int)", "create view "+s.Name+".v_mine as select 1 as a",
			"create function "+s.Name+".mine() returns int language sql as 'select 1'")
		if s.Name != a.service {
			statements = append(statements, "set role "+pg.RoleName(s.Name), "alter role "+pg.RoleName(s.Name)+" password 'mine'")
		}
	}
	for _, sql := range append(statements, "create table events.mine (a int)") {
		if err := a.outside(sql); !denied(err) {
			a.t.Errorf("%s: %v", sql, err)
		}
	}
}

// outside is try for statements that Postgres takes in no transaction.
func (a *actor) outside(sql string) error {
	if strings.HasPrefix(sql, "create database") || strings.HasPrefix(sql, "alter system") {
		_, err := a.conn.Exec(a.t.Context(), sql)
		return err
	}
	return a.try(sql)
}
