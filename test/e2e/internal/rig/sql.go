package rig

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SQL runs statements as the owner of everything and gives what they print: a line for each row, its columns apart by |.
func (r *Rig) SQL(statements string) string {
	r.t.Helper()
	out, err := r.trySQL(statements)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *Rig) trySQL(statements string) (string, error) {
	path := psql()
	out, said, err := try(nil, path, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
		"--single-transaction", "--command="+statements, r.DatabaseURL)
	if err != nil {
		return "", &Failed{What: "psql", Said: said, Err: err}
	}
	return strings.TrimSpace(out), nil
}

// psql is the client that came with the server.
func psql() string {
	if path, err := exec.LookPath("psql"); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/psql") // the only error is a bad pattern
	slices.Sort(found)
	if len(found) == 0 {
		return "psql"
	}
	return found[len(found)-1]
}

// DeadLetters is how many events no handler could take, in all services together.
func (r *Rig) DeadLetters() int {
	r.t.Helper()
	tables := r.SQL("select schemaname from pg_tables where tablename = 'dead_letters'")
	if tables == "" {
		r.t.Fatal("no service has a table of dead letters")
	}
	sum := 0
	for _, schema := range strings.Fields(tables) {
		n, err := strconv.Atoi(r.SQL("select count(*) from " + schema + ".dead_letters"))
		if err != nil {
			r.t.Fatal(err)
		}
		sum += n
	}
	return sum
}
