package up

import (
	"context"
	"errors"
	"io"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// Import puts an export of a log of events into the empty log of CLOCKER_DATABASE_URL, whose user is the owner.
func Import(ctx context.Context, o Options, r io.Reader) (*audit.File, error) {
	owner := o.Env("CLOCKER_DATABASE_URL")
	if owner == "" {
		return nil, errors.New("import: set CLOCKER_DATABASE_URL to the owner of the new database")
	}
	owner, err := withPassword(owner, o.Env("CLOCKER_DATABASE_PASSWORD_FILE"))
	if err != nil {
		return nil, err
	}
	if err := server.WaitFor(ctx, owner); err != nil {
		return nil, err
	}
	return pg.Import(ctx, owner, r, schemas()...)
}
