package pg

import (
	"context"
	"errors"
	"io"
	"net"

	"clocker.io/pkg/clocker"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// fault marks an error that lies with the database and passes by itself as clocker.Unavailable: whoever gets it tries
// again later and blames nobody. Other errors are returned as they are.
func fault(err error) error {
	if err == nil || !passing(err) {
		return err
	}
	return &clocker.Error{Code: clocker.Unavailable, Message: trouble(err), Err: err}
}

// trouble says what is wrong with the database, as far as somebody who does not run it can act on that.
func trouble(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case "53100":
			return "the disk of the database is full"
		case "53300":
			return "the database takes no more connections"
		case "25006":
			return "the database can only be read for now"
		}
	}
	return "the database does not answer"
}

func passing(err error) bool {
	if errors.Is(err, context.Canceled) || clocker.CodeOf(err) != "" {
		return false
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code[:2] {
		case "08", "40", "53", "57", "58": // connection, rollback by deadlock, resources, shutdown, system
			return true
		}
		return pe.Code == "55P03" || pe.Code == "25006" || pe.Code == "25P03" // lock timeout, read-only, idle too long
	}
	var ne net.Error
	var ce *pgconn.ConnectError
	return errors.As(err, &ne) || errors.As(err, &ce) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgx.ErrTxClosed) || pgconn.SafeToRetry(err) ||
		errors.Is(err, net.ErrClosed)
}
