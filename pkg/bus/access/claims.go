package access

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/whole"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// answerTime is how long after a request an answer to it is allowed. A stream of answers is renewed with each chunk that
// its reader takes.
const answerTime = time.Minute

// writeClaims writes what a server trusts. Claims that still say the same, by the same key, are kept.
func (k *keys) writeClaims(dir string) error {
	operator := jwt.NewOperatorClaims(k.names[k.operator])
	operator.Name, operator.SystemAccount = "clocker", k.names[k.system]

	system := jwt.NewAccountClaims(k.names[k.system])
	system.Name = "SYS"

	account := jwt.NewAccountClaims(k.names[k.account])
	account.Name = Account
	account.SigningKeys.Add(k.names[k.signing])
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{
		MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: 1, Consumer: jwt.NoLimit,
	}
	for _, c := range []struct {
		file string
		want jwt.Claims
	}{{fileOperator, operator}, {fileSystem, system}, {fileAccount, account}} {
		path := filepath.Join(dir, c.file)
		token, err := c.want.Encode(k.operator)
		if err != nil {
			return fmt.Errorf("sign %s: %w", c.file, err)
		}
		if text, err := os.ReadFile(path); err == nil && same(string(text), token) {
			continue
		}
		if err := whole.Write(path, []byte(token)); err != nil {
			return err
		}
	}
	return nil
}

// same says whether two tokens say the same about the same, by the same key; they differ in when they were signed.
func same(have, want string) bool {
	h, err := jwt.Decode(have)
	if err != nil {
		return false
	}
	w, err := jwt.Decode(want)
	if err != nil {
		return false
	}
	hc, wc := h.Claims(), w.Claims()
	return hc.Subject == wc.Subject && hc.Issuer == wc.Issuer && hc.Name == wc.Name && reflect.DeepEqual(h.Payload(), w.Payload())
}

// sign writes a user's credentials, unless the file says the same already.
func (k *keys) sign(path, user string, r rights.Rights) error {
	pair, have, err := read(path)
	if errors.Is(err, os.ErrNotExist) {
		pair, err = nkeys.CreateUser()
	}
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", user, err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", user, err)
	}
	token, err := k.claims(user, public, r).Encode(k.signing)
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", user, err)
	}
	if same(have, token) {
		return nil
	}
	seed, err := pair.Seed()
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", user, err)
	}
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", user, err)
	}
	return whole.Write(path, text)
}

// claims says what a user may do. Whatever is not allowed is refused, so a side without an allowed subject must deny
// everything: an empty list would allow it.
func (k *keys) claims(user, public string, r rights.Rights) *jwt.UserClaims {
	c := jwt.NewUserClaims(public)
	c.Name, c.IssuerAccount = user, k.names[k.account]
	c.Permissions = jwt.Permissions{Pub: permission(r.Publish), Sub: permission(r.Subscribe)}
	if r.Answer {
		c.Resp = &jwt.ResponsePermission{MaxMsgs: jwt.NoLimit, Expires: answerTime}
	}
	return c
}

func permission(allow []string) jwt.Permission {
	if len(allow) == 0 {
		return jwt.Permission{Deny: jwt.StringList{">"}}
	}
	return jwt.Permission{Allow: slices.Sorted(slices.Values(allow))}
}

// read gives the key and the token of a credentials file; one without a token is only half of what it should be.
func read(path string) (nkeys.KeyPair, string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	pair, err := jwt.ParseDecoratedUserNKey(text)
	if err != nil {
		return nil, "", fmt.Errorf("%s holds no seed of a user (%w); remove it to have a new one made", path, err)
	}
	token, err := jwt.ParseDecoratedJWT(text)
	if err != nil {
		token = ""
	}
	return pair, token, nil
}
