package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"strings"

	"clocker.io/pkg/clocker"
)

// Scheme starts every token, so that scanners find one that was published by mistake.
const Scheme = "clk_"

// IDLength and SecretLength are in characters of a-z and 2-7, of five bits each. A secret has more than 256 bits.
const (
	IDLength     = 10
	SecretLength = 52
)

const maxName = 60

// Text is a token as its owner has it, clk_<id>_<secret>_<crc>: the sum tells a token that was cut or mistyped from one
// that is not known, without a look into the database.
func Text(id, secret string) string {
	body := Scheme + id + "_" + secret
	return body + "_" + sum(body)
}

func sum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// Parse gives the id in a token; false when it is none that Text made.
func Parse(text string) (id string, ok bool) {
	at := strings.LastIndexByte(text, '_')
	if at < 0 || sum(text[:at]) != text[at+1:] {
		return "", false
	}
	rest, ok := strings.CutPrefix(text[:at], Scheme)
	id, secret, cut := strings.Cut(rest, "_")
	return id, ok && cut && len(id) == IDLength && len(secret) == SecretLength
}

// Digest is what is stored of a token. A secret of this length needs no salt and no slow hash.
func Digest(text string) []byte {
	d := sha256.Sum256([]byte(text))
	return d[:]
}

// Same compares a digest with that of a token, in a time that does not depend on either.
func Same(digest []byte, text string) bool {
	return subtle.ConstantTimeCompare(digest, Digest(text)) == 1
}

// CheckName refuses a name that could be taken for something else where it is shown.
func CheckName(name string) error {
	const other = "._@+-"
	ok := name != "" && len(name) <= maxName && name != Bootstrap.Name
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		ok = ok && (letter || strings.ContainsRune(other, r))
	}
	if ok {
		return nil
	}
	return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf(
		"%q is no name of a token: take 1 to %d letters, digits and %s, and not %q", name, maxName, other, Bootstrap.Name)}
}
