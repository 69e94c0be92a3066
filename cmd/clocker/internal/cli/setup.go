package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/setup"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/run"

	"github.com/spf13/cobra"
)

func (s *Shell) setup() *cobra.Command {
	c := &cobra.Command{
		Use: "setup", Short: "Make the credentials of an installation, or what is missing of them", Args: subcommands,
		Long: `Makes what an installation is recognised by: its id, tokens, passwords of the database, identities for NATS, certificates.
What is there is kept. clocker up does the same by itself, but for passwords and certificates, which one process does not need.

Settings are environment variables: CLOCKER_DATA (data directory), CLOCKER_SECRETS (where each process finds its own
credentials, in a directory of its name), CLOCKER_STATE (where those that keep state have a directory each), CLOCKER_HOST
(id of the host), CLOCKER_NAMES (further names and addresses of the servers, with commas between).`,
		RunE: func(*cobra.Command, []string) error {
			if err := setup.Run(s.setupOptions()); err != nil {
				return err
			}
			s.say("the installation in %s is set up", s.dataDir())
			return nil
		},
	}
	c.AddCommand(s.setupPrint(), s.setupPassword())
	return c
}

func (s *Shell) setupPassword() *cobra.Command {
	return &cobra.Command{
		Use: "password ROLE", Short: "Make the password of a role in Postgres anew, such as clocker_ipam; clocker migrate tells Postgres",
		Args: exactly("ROLE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := setup.RenewPassword(s.setupOptions(), args[0]); err != nil {
				return err
			}
			s.say("the password of %s is new; Postgres knows it after the next clocker migrate", args[0])
			return nil
		},
	}
}

// printable is what people may need of an installation, and where it is in the data directory.
func printable() map[string]string {
	return map[string]string{"installation": "installation", "token": "token", "auditor": "nats-auth/users/auditor.creds",
		"authority": "pki/ca.pem"}
}

func (s *Shell) setupPrint() *cobra.Command {
	return &cobra.Command{
		Use: "print WHAT", Short: "Print token (of the API), auditor (of NATS), authority (of the servers) or installation (its id)",
		Args: exactly("WHAT"),
		RunE: func(_ *cobra.Command, args []string) error {
			name, ok := printable()[args[0]]
			if !ok {
				return &usageError{fmt.Sprintf("%q is not printed: token, auditor, authority or installation", args[0])}
			}
			text, err := os.ReadFile(filepath.Join(s.dataDir(), name))
			if err != nil {
				return fmt.Errorf("read the %s: %w; clocker setup makes it", args[0], err)
			}
			_, err = s.Out.Write(text)
			return err
		},
	}
}

func (s *Shell) setupOptions() setup.Options {
	o := setup.Options{Data: s.dataDir(), Secrets: s.Env("CLOCKER_SECRETS"), State: s.Env("CLOCKER_STATE"), Own: os.Geteuid() == 0,
		Host: s.Env("CLOCKER_HOST"), Now: time.Now}
	if o.Host == "" {
		o.Host = up.LocalHost
	}
	o.Names = strings.FieldsFunc(s.Env("CLOCKER_NAMES"), func(r rune) bool { return r == ',' || r == ' ' })
	return o
}

func (s *Shell) certs() *cobra.Command {
	c := &cobra.Command{Use: "certs", Short: "Look after the certificates of an installation's servers", Args: subcommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var authority bool
	rotate := &cobra.Command{
		Use: "rotate", Short: "Make the servers' certificates anew; they take them within seconds", Args: exactly(),
		Long: `Makes the certificates of NATS, Postgres and the API anew and hands them out. The servers take them without a restart, and no
connection ends. With --ca the authority that signs them is made anew, too; the one before stays known until the next time.

Settings are those of clocker setup.`,
		RunE: func(*cobra.Command, []string) error {
			if err := setup.Rotate(s.setupOptions(), authority); err != nil {
				return err
			}
			s.say("the certificates in %s are new", s.dataDir())
			return nil
		},
	}
	rotate.Flags().BoolVar(&authority, "ca", false, "make the authority anew, too")
	c.AddCommand(rotate)
	return c
}

// health asks a part of clocker that runs alone, such as NATS, whether it is well.
func (s *Shell) health() *cobra.Command {
	return &cobra.Command{
		Use: "health", Short: "Ask who listens on $CLOCKER_HEALTH_LISTEN whether it is well", Args: exactly(), Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return run.Ask(c.Context(), s.Env("CLOCKER_HEALTH_LISTEN"), "/readyz")
		},
	}
}
