package access

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"clocker.io/pkg/bus/rights"

	"github.com/nats-io/nkeys"
)

// Account is the name of the account that all users belong to.
const Account = "CLOCKER"

const (
	fileOperator = "operator.jwt"
	fileSystem   = "system.jwt"
	fileAccount  = "account.jwt"
)

// Make makes what is missing in a directory and keeps what is there, for the services and for the agent and dns of each
// host. A user whose rights are others in this version is signed anew, with the key it has. It may be run again at any
// time, also after one that was killed, and beside another. Without the file keys/signing.nk it makes a new signing key and
// signs every user anew: what was signed with the old one is refused as soon as the server has read the new account.
func Make(dir string, hosts ...string) error {
	release, err := prepare(dir)
	if err != nil {
		return fmt.Errorf("make NATS identities: %w", err)
	}
	defer release()
	k, err := openKeys(dir)
	if err != nil {
		return fmt.Errorf("make NATS identities: %w", err)
	}
	if err := k.writeClaims(filepath.Join(dir, "server")); err != nil {
		return fmt.Errorf("make NATS identities: %w", err)
	}
	for _, user := range rights.Users(hosts...) {
		r, ok := rights.Of(user)
		if !ok {
			return fmt.Errorf("make NATS identities: %q is no name of a host", user)
		}
		if err := k.sign(File(dir, user), user, r); err != nil {
			return err
		}
	}
	return nil
}

// Grant makes one more user with rights of its own, or changes them, in a directory that Make has made.
func Grant(dir, user string, r rights.Rights) error {
	release, err := prepare(dir)
	if err != nil {
		return fmt.Errorf("grant rights in NATS: %w", err)
	}
	defer release()
	k, err := openKeys(dir)
	if err != nil {
		return fmt.Errorf("grant rights in NATS: %w", err)
	}
	return k.sign(File(dir, user), user, r)
}

// File is where a user's credentials are.
func File(dir, user string) string { return filepath.Join(dir, "users", user+".creds") }

// AccountFile is what changes when the server's trust does.
func AccountFile(dir string) string { return filepath.Join(dir, "server", fileAccount) }

// prepare makes the directories and keeps other makers out until release.
func prepare(dir string) (release func(), err error) {
	for _, d := range []string{"keys", "server", "users"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, err
		}
	}
	lock, err := os.OpenFile(filepath.Join(dir, "keys", "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return func() { _ = lock.Close() }, nil
}

// keys are the seeds of an installation.
type keys struct {
	operator, system, account, signing nkeys.KeyPair
	names                              map[nkeys.KeyPair]string // public keys
}

func openKeys(dir string) (*keys, error) {
	k := &keys{names: map[nkeys.KeyPair]string{}}
	for _, f := range []struct {
		name string
		kind nkeys.PrefixByte
		pair *nkeys.KeyPair
	}{
		{"operator.nk", nkeys.PrefixByteOperator, &k.operator},
		{"system.nk", nkeys.PrefixByteAccount, &k.system},
		{"account.nk", nkeys.PrefixByteAccount, &k.account},
		{"signing.nk", nkeys.PrefixByteAccount, &k.signing},
	} {
		pair, err := key(filepath.Join(dir, "keys", f.name), f.kind)
		if err != nil {
			return nil, err
		}
		*f.pair = pair
		if k.names[pair], err = pair.PublicKey(); err != nil {
			return nil, fmt.Errorf("read key %s: %w", f.name, err)
		}
	}
	return k, nil
}
