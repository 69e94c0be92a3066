package access

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/jwt/v2"
)

// Trust is what a NATS server must know to tell the users of an installation from others. Nothing of it is secret.
type Trust struct {
	Operator *jwt.OperatorClaims
	Accounts map[string]string // signed claims by public key: the system account and CLOCKER
}

// Server reads what a NATS server needs from the directory that Make made; its part server is enough.
func Server(dir string) (Trust, error) {
	t := Trust{Accounts: map[string]string{}}
	for _, name := range []string{fileOperator, fileSystem, fileAccount} {
		path := filepath.Join(dir, "server", name)
		text, err := os.ReadFile(path)
		if err != nil {
			return Trust{}, fmt.Errorf("read NATS identities: %w", err)
		}
		claims, err := jwt.Decode(string(text))
		if err != nil {
			return Trust{}, fmt.Errorf("read NATS identities: %s: %w", path, err)
		}
		if o, ok := claims.(*jwt.OperatorClaims); ok {
			t.Operator = o
			continue
		}
		t.Accounts[claims.Claims().Subject] = string(text)
	}
	if t.Operator == nil || len(t.Accounts) != 2 {
		return Trust{}, fmt.Errorf("read NATS identities: %s is not what it should be; remove it and start again", filepath.Join(dir, "server"))
	}
	return t, nil
}

// Claims are what one of the accounts says.
func (t Trust) Claims(account string) (*jwt.AccountClaims, error) {
	return jwt.DecodeAccountClaims(t.Accounts[account])
}

// User is the name in a credentials file, which says what its inbox is called.
func User(path string) (string, error) {
	_, token, err := read(path)
	if err != nil {
		return "", fmt.Errorf("read NATS credentials: %w", err)
	}
	name := Name(token)
	if name == "" {
		return "", fmt.Errorf("read NATS credentials: %s holds no claims of a user", path)
	}
	return name, nil
}

// Name is the user's name in a token; empty when it is not a user's.
func Name(token string) string {
	c, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return ""
	}
	return c.Name
}
