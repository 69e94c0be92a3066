package embed

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// TLS names the files of the port's certificate, in PEM. Clients are known by their credentials, not by certificates.
type TLS struct {
	Cert, Key string
	CA        string // whom clients trust: a certificate that they would refuse is refused here
}

func (t TLS) empty() bool { return t == TLS{} }

// certificate is what the port shows. New files are taken with the next connection, by themselves.
type certificate struct {
	files TLS
	log   *slog.Logger
	mu    sync.Mutex
	now   *tls.Certificate
	state string // of the files when they were last read
}

func loadCertificate(files TLS, log *slog.Logger) (*certificate, error) {
	if files.Cert == "" || files.Key == "" {
		return nil, errors.New("a certificate needs both files, CLOCKER_TLS_CERT and CLOCKER_TLS_KEY")
	}
	c := &certificate{files: files, log: log, state: files.state()}
	return c, c.load()
}

// load takes the files as they are now; a pair that does not fit is refused and the one before stays.
func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return fmt.Errorf("read certificate %s: %w", c.files.Cert, err)
	}
	if c.files.CA != "" {
		if err := verify(pair.Certificate, c.files.CA); err != nil {
			return fmt.Errorf("certificate %s: clients that trust %s would refuse it: %w", c.files.Cert, c.files.CA, err)
		}
	}
	c.now = &pair
	return nil
}

// show gives a connection the certificate, after reading files that have changed.
func (c *certificate) show(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state := c.files.state(); state != c.state {
		c.state = state
		if err := c.load(); err != nil {
			c.log.Error("the certificate that was there stays", "reason", err)
		} else {
			c.log.Info("new certificate", "file", c.files.Cert)
		}
	}
	return c.now, nil
}

// state changes whenever one of the files does.
func (t TLS) state() string {
	var b strings.Builder
	for _, path := range []string{t.Cert, t.Key, t.CA} {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: c.show}
}

func verify(chain [][]byte, bundle string) error {
	text, err := os.ReadFile(bundle)
	if err != nil {
		return err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return errors.New("it holds no certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	for _, der := range chain[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}
