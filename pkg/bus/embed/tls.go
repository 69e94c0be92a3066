package embed

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"clocker.io/pkg/fresh"
)

// TLS names the files of the port's certificate, in PEM. Clients are known by their credentials, not by certificates.
type TLS struct {
	Cert, Key string
	CA        string // whom clients trust: a certificate that they would refuse is refused here
}

func (t TLS) empty() bool { return t == TLS{} }

// config shows connections the certificate. New files are taken with the next one, by themselves; a pair that does not fit,
// or that clients would refuse, is refused and the one before stays.
func (t TLS) config(log *slog.Logger) (*tls.Config, error) {
	if t.Cert == "" || t.Key == "" {
		return nil, errors.New("a certificate needs both files, CLOCKER_TLS_CERT and CLOCKER_TLS_KEY")
	}
	files := []string{t.Cert, t.Key}
	if t.CA != "" {
		files = append(files, t.CA)
	}
	certificate, err := fresh.New(log, t.load, files...)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return certificate.Get(), nil
	}}, nil
}

func (t TLS) load() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("read certificate %s: %w", t.Cert, err)
	}
	if t.CA != "" {
		if err := verify(pair.Certificate, t.CA); err != nil {
			return nil, fmt.Errorf("certificate %s: clients that trust %s would refuse it: %w", t.Cert, t.CA, err)
		}
	}
	return &pair, nil
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
