package up

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// Migrate brings the database of CLOCKER_DATABASE_URL to this version and makes it that of the installation. With
// CLOCKER_DATABASE_PASSWORDS, a directory with a file for each role, the roles may log in.
func Migrate(ctx context.Context, o Options) error {
	owner := o.Env("CLOCKER_DATABASE_URL")
	if owner == "" {
		return errors.New("migrate: set CLOCKER_DATABASE_URL to a user that may create roles and schemas")
	}
	owner, err := withPassword(owner, o.Env("CLOCKER_DATABASE_PASSWORD_FILE"))
	if err != nil {
		return err
	}
	if err := server.WaitFor(ctx, owner); err != nil {
		return err
	}
	if err := pg.Migrate(ctx, owner, schemas()...); err != nil {
		return err
	}
	if err := claimFor(ctx, o, owner); err != nil {
		return err
	}
	passwords, err := passwordsIn(o.Env("CLOCKER_DATABASE_PASSWORDS"))
	if err != nil {
		return err
	}
	if err := pg.Logins(ctx, owner, passwords); err != nil {
		return err
	}
	o.Say("the database has the tables of this version")
	return nil
}

// withPassword puts the password of a file into a URL.
func withPassword(given, file string) (string, error) {
	if file == "" {
		return given, nil
	}
	password, err := readLine(file)
	if err != nil {
		return "", fmt.Errorf("read the owner's password: %w", err)
	}
	u, err := url.Parse(given)
	if err != nil || u.User.Username() == "" {
		return "", errors.New("with CLOCKER_DATABASE_PASSWORD_FILE, CLOCKER_DATABASE_URL is postgres://USER@HOST/DATABASE")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// passwordsIn reads the password of every service.
func passwordsIn(dir string) (map[string]string, error) {
	out := map[string]string{}
	if dir == "" {
		return out, nil
	}
	for _, s := range schemas() {
		password, err := readLine(filepath.Join(dir, pg.RoleName(s.Name)))
		if err != nil {
			return nil, fmt.Errorf("read the password of a role: %w", err)
		}
		out[s.Name] = password
	}
	return out, nil
}

func readLine(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}

// claimFor ties the database to the installation that the settings name, if they name one. That it did is kept in the data
// directory, as for one process: a database that is lost must not come back empty and tell agents that nothing is wanted.
func claimFor(ctx context.Context, o Options, owner string) error {
	d := Data{Dir: o.Dir, Installation: o.Env("CLOCKER_INSTALLATION")}
	if d.Installation == "" {
		id, err := readLine(setting(o.Env, "CLOCKER_INSTALLATION_FILE", d.path("installation")))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the installation's id: %w", err)
		}
		d.Installation = id
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	return claim(ctx, d, database{URL: owner, What: "Postgres at " + redacted(owner)})
}
