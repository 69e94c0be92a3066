package pg

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// scramRounds is Postgres's own number of iterations. Our passwords are random, so that guessing gains nothing.
const scramRounds = 4096

// Logins lets each service of passwords log in as its role with its password. The database must be migrated. What is sent is
// a SCRAM verifier, made here: the password itself never reaches Postgres, its log or its statistics.
func Logins(ctx context.Context, ownerURL string, passwords map[string]string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("set passwords: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, service := range slices.Sorted(maps.Keys(passwords)) {
		verifier, err := scram(passwords[service])
		if err != nil {
			return fmt.Errorf("set the password of %s: %w", RoleName(service), err)
		}
		if err := setPassword(ctx, conn, RoleName(service), verifier); err != nil {
			return fmt.Errorf("set the password of %s: %w", RoleName(service), err)
		}
	}
	return nil
}

func setPassword(ctx context.Context, conn *pgx.Conn, role, verifier string) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(`alter role %s login password '%s'`, pgx.Identifier{role}.Sanitize(), verifier))
	return err
}

// OwnPassword sets the password of the user of ownerURL, as Logins does for a service.
func OwnPassword(ctx context.Context, ownerURL, password string) error {
	verifier, err := scram(password)
	if err != nil {
		return fmt.Errorf("set the owner's password: %w", err)
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("set the owner's password: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := setPassword(ctx, conn, conn.Config().User, verifier); err != nil {
		return fmt.Errorf("set the owner's password: %w", err)
	}
	return nil
}

// scram is what Postgres stores of a password (RFC 5803): enough to check it, not to learn it. Only ASCII, for which the
// preparation of strings that SCRAM asks for changes nothing.
func scram(password string) (string, error) {
	if password == "" || strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fmt.Errorf("it must be of printable ASCII, and not empty")
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // it does not fail
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramRounds, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramRounds, encode(salt), encode(stored[:]), encode(keyed(salted, "Server Key"))), nil
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// refresh reads what may have changed since the pool was made, before each of its connections: the password, and the
// authorities of an URL with sslrootcert.
func refresh(cfg Config) func(ctx context.Context, c *pgx.ConnConfig) error {
	return func(_ context.Context, c *pgx.ConnConfig) error {
		if c.TLSConfig != nil {
			fresh, err := pgx.ParseConfig(cfg.URL)
			if err != nil {
				return fmt.Errorf("read the database's settings again: %w", err)
			}
			c.TLSConfig, c.Fallbacks = fresh.TLSConfig, fresh.Fallbacks
		}
		if cfg.PasswordFile == "" {
			return nil
		}
		text, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return fmt.Errorf("read the database's password: %w", err)
		}
		c.Password = strings.TrimSpace(string(text))
		return nil
	}
}
