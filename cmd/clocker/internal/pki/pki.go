package pki

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// lifeOfAuthority and lifeOfLeaf are how long certificates are good for.
	lifeOfAuthority = 10 * 365 * 24 * time.Hour
	lifeOfLeaf      = 397 * 24 * time.Hour
	// renewal is how long before its end a leaf is made anew when somebody looks.
	renewal = 60 * 24 * time.Hour
	// early is for clocks that are late.
	early = time.Hour
)

// Server is one that shows a certificate.
type Server struct {
	Name  string   // of the files
	Hosts []string // names and addresses that clients know it by
}

// Ensure makes what is missing, broken, of other hosts or about to end, and keeps the rest.
func Ensure(dir string, now time.Time, servers ...Server) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make certificates: %w", err)
	}
	a, err := openAuthority(dir, now)
	if err != nil {
		return fmt.Errorf("make certificates: %w", err)
	}
	for _, s := range servers {
		if good(dir, s, a, now) {
			continue
		}
		if err := a.issue(dir, s, now); err != nil {
			return fmt.Errorf("make the certificate of %s: %w", s.Name, err)
		}
	}
	return nil
}

// Rotate makes the certificate of every server anew.
func Rotate(dir string, now time.Time, servers ...Server) error {
	a, err := openAuthority(dir, now)
	if err != nil {
		return fmt.Errorf("rotate certificates: %w", err)
	}
	for _, s := range servers {
		if err := a.issue(dir, s, now); err != nil {
			return fmt.Errorf("rotate the certificate of %s: %w", s.Name, err)
		}
	}
	return nil
}

// RotateAuthority makes a new authority. The one before stays in ca.pem until the next time, so that clients with the new
// file still know servers with an old certificate; what it has signed is to be made anew with Rotate.
func RotateAuthority(dir string, now time.Time) error {
	if _, err := openAuthority(dir, now); err != nil {
		return fmt.Errorf("rotate the authority: %w", err)
	}
	key, err := newKey()
	if err != nil {
		return fmt.Errorf("rotate the authority: %w", err)
	}
	// openAuthority takes a key without its certificate for an authority that is still to be made.
	if err := writeKey(filepath.Join(dir, "ca.key"), key); err != nil {
		return fmt.Errorf("rotate the authority: %w", err)
	}
	if _, err := openAuthority(dir, now); err != nil {
		return fmt.Errorf("rotate the authority: %w", err)
	}
	return nil
}

// openAuthority reads the authority, or makes it.
func openAuthority(dir string, now time.Time) (*authority, error) {
	keyFile, certFile := filepath.Join(dir, "ca.key"), filepath.Join(dir, "ca.pem")
	key, err := readKey(keyFile)
	if errors.Is(err, os.ErrNotExist) {
		if key, err = newKey(); err == nil {
			err = writeKey(keyFile, key)
		}
	}
	if err != nil {
		return nil, err
	}
	known, err := readCertificates(certFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(known) > 0 && now.Before(known[0].NotAfter.Add(-lifeOfLeaf)) && key.PublicKey.Equal(known[0].PublicKey.(*ecdsa.PublicKey)) {
		return &authority{key: key, cert: known[0]}, nil
	}
	a, err := newAuthority(key, now)
	if err != nil {
		return nil, err
	}
	return a, writeCertificates(certFile, append([]certificate{a.cert}, known[:min(1, len(known))]...)...)
}

// good reports whether a server has a certificate of this authority that it can use for long enough.
func good(dir string, s Server, a *authority, now time.Time) bool {
	certs, err := readCertificates(filepath.Join(dir, s.Name+".pem"))
	if err != nil || len(certs) != 1 {
		return false
	}
	key, err := readKey(filepath.Join(dir, s.Name+".key"))
	if err != nil || !key.PublicKey.Equal(certs[0].PublicKey.(*ecdsa.PublicKey)) {
		return false
	}
	c := certs[0]
	return bytes.Equal(c.RawIssuer, a.cert.RawSubject) && c.CheckSignatureFrom(a.cert) == nil && now.Before(c.NotAfter.Add(-renewal)) && slices.Equal(hostsOf(c), sorted(s.Hosts))
}
