package pg_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestWhatIsWrongWithTheDatabaseIsSaid(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	for code, says := range map[string]string{
		"53100": "the disk of the database is full", "53300": "the database takes no more connections",
		"25006": "the database can only be read for now", "57P01": "the database does not answer",
	} {
		err := db.Read(t.Context(), func(ctx context.Context, tx *pg.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf("do $$ begin raise exception 'planted' using errcode = '%s'; end $$", code))
			return err
		})
		var told *clocker.Error
		if !errors.As(err, &told) || told.Code != clocker.Unavailable || told.Message != says {
			t.Errorf("%s is told as %v, want %s", code, err, says)
		}
	}
}
