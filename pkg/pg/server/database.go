package server

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const duplicateDatabase = "42P04"

// CreateDatabase makes a database unless it is there, and gives its URL.
func (s *Server) CreateDatabase(ctx context.Context, name string) (string, error) {
	conn, err := pgconn.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, `create database "`+strings.ReplaceAll(name, `"`, `""`)+`"`).ReadAll()
	var refused *pgconn.PgError
	if err != nil && !(errors.As(err, &refused) && refused.Code == duplicateDatabase) {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return s.URL(name), nil
}

// Ping makes one connection to a database, or says why it cannot.
func Ping(ctx context.Context, url string) error {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	return conn.Close(ctx)
}

// Clock makes one connection to a database and gives what time it is there, or says why it cannot.
func Clock(ctx context.Context, url string) (time.Time, error) {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return time.Time{}, fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, err := conn.Exec(ctx, "select (extract(epoch from clock_timestamp()) * 1000)::bigint").ReadAll()
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	ms, err := strconv.ParseInt(string(results[0].Rows[0][0]), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	return time.UnixMilli(ms), nil
}

// Denied reports whether a database refused who asked.
func Denied(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Code, "28")
}

// WaitFor returns when a database takes connections. An answer that will not change by waiting (a wrong password, no
// such database) ends it at once.
func WaitFor(ctx context.Context, url string) error {
	for {
		call, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := Ping(call, url)
		cancel()
		if err == nil {
			return nil
		}
		var refused *pgconn.PgError
		if errors.As(err, &refused) && !strings.HasPrefix(refused.Code, "57P") { // 57P: starting up, shutting down
			return err
		}
		var config *pgconn.ParseConfigError
		if errors.As(err, &config) {
			return err
		}
		if pauseErr := pause(ctx); pauseErr != nil {
			return err
		}
	}
}
