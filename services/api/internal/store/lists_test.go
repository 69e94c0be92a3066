package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/crowd"
	"clocker.io/pkg/pg/pgtest"
)

// crowded is a database with the real schemas of all services, whose views the read model is made of, and so many
// containers in it.
func crowded(t *testing.T, containers, members int) *Database {
	t.Helper()
	var schemas []pg.Schema
	for _, name := range []string{"provisioner", "scheduler", "ipam", "imagebuilder", "policy"} { // a later one reads an earlier one
		dir := filepath.Join("..", "..", "..", name, "internal", "store", "migrations")
		if _, err := os.Stat(dir); err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, pg.Schema{Name: name, Migrations: os.DirFS(dir)})
	}
	db := pgtest.Open(t, "api", append(schemas, pg.Schema{Name: "api", Migrations: Migrations()})...)
	pgtest.Exec(t, db, crowd.SQL(containers, members))
	return New(db)
}

// rowsRead counts the rows of long tables that a read looks at, whether it uses them or not. A table of a few pages is
// not counted: Postgres reads it whole where that costs less than an index.
func rowsRead(t *testing.T, d *Database, read func(ctx context.Context, r *Reader) (items int, next string, err error)) (rows, items int, next string) {
	t.Helper()
	const count = `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int
		from pg_stat_xact_user_tables s join pg_class c on c.oid = s.relid where c.reltuples >= 1000`
	err := d.Read(t.Context(), func(ctx context.Context, r *Reader) error {
		before := 0 // what its connection read earlier and has not reported yet
		err := r.tx.QueryRow(ctx, count).Scan(&before)
		if err == nil {
			items, next, err = read(ctx, r)
		}
		if err == nil {
			err = r.tx.QueryRow(ctx, count).Scan(&rows)
		}
		rows -= before
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, items, next
}

type pages map[string]func(ctx context.Context, r *Reader, cursor string) (int, string, error)

const pageSize = 100

func lists() pages {
	page := func(cursor string) Page { return Page{Limit: pageSize, Cursor: cursor} }
	return pages{
		"containers": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Containers(ctx, "", page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"containers of one": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Containers(ctx, "app-00000", page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"hosts": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Hosts(ctx, page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"images": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Images(ctx, page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"operations": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Operations(ctx, Asking{}, page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"operations of one": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Operations(ctx, Asking{Application: "app-00000"}, page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"applications": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			p, err := r.Applications(ctx, page(cursor))
			return len(p.Items), p.NextCursor, err
		},
		"events": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			return eventPage(ctx, r, cursor, Filter{})
		},
		"events of one": func(ctx context.Context, r *Reader, cursor string) (int, string, error) {
			return eventPage(ctx, r, cursor, Filter{Application: "app-00000"})
		},
	}
}

// eventPage gives events as the stream of the API reads them, from number to number.
func eventPage(ctx context.Context, r *Reader, cursor string, f Filter) (int, string, error) {
	after := int64(0)
	_, _ = fmt.Sscan(cursor, &after)
	list, err := r.Events(ctx, after, pageSize, f)
	if len(list) == 0 {
		return 0, "", err
	}
	return len(list), fmt.Sprint(list[len(list)-1].Number), err
}

// TestAPageReadsNoMoreRowsHoweverManyThereAre compares the rows that Postgres looks at for the first pages of each list
// with 1,000 containers and with 10,000.
func TestAPageReadsNoMoreRowsHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	for _, members := range []int{1, 50, 1000} { // of each application
		t.Run(fmt.Sprintf("applications of %d", members), func(t *testing.T) {
			t.Parallel()
			few, many := crowded(t, 1000, members), crowded(t, 10000, members)
			for name, read := range lists() {
				perItem := 12 // tables that one item is made of, and theirs
				if name == "applications" {
					perItem += members // they are counted
				}
				cursors := map[*Database]string{}
				for number := range 3 {
					var rows, items [2]int
					for i, d := range []*Database{few, many} {
						rows[i], items[i], cursors[d] = rowsRead(t, d, func(ctx context.Context, r *Reader) (int, string, error) {
							return read(ctx, r, cursors[d])
						})
					}
					t.Logf("%s, page %d: %d rows read for %d of 1,000, %d for %d of 10,000", name, number+1, rows[0], items[0], rows[1], items[1])
					if number == 0 && items[1] == 0 {
						t.Errorf("%s: nothing was listed", name)
					}
					if limit := (items[1] + 5) * perItem; rows[1] > limit {
						t.Errorf("%s, page %d: %d rows read for %d items; at most %d", name, number+1, rows[1], items[1], limit)
					}
					if cursors[few] == "" || cursors[many] == "" {
						break
					}
				}
			}
		})
	}
}

// TestAWalkOverAllPagesMeetsEachContainerOnce looks for what the pages of a list of many applications could lose or
// double at their edges.
func TestAWalkOverAllPagesMeetsEachContainerOnce(t *testing.T) {
	t.Parallel()
	d := crowded(t, 1000, 7)
	seen := map[string]bool{}
	last, cursor := "", ""
	for {
		err := d.Read(t.Context(), func(ctx context.Context, r *Reader) error {
			p, err := r.Containers(ctx, "", Page{Limit: 13, Cursor: cursor})
			for _, c := range p.Items {
				key := fmt.Sprintf("%s/%s/%05d", c.Application, c.Entity, c.Ordinal)
				if seen[key] || key <= last || c.State != "healthy" || c.Address == "" || c.Host == "" || len(c.Ports) != 1 {
					t.Errorf("after %s comes %+v", last, c)
				}
				seen[key], last = true, key
			}
			cursor = p.NextCursor
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if cursor == "" {
			break
		}
	}
	if len(seen) != 1000 {
		t.Errorf("met %d containers", len(seen))
	}
}
