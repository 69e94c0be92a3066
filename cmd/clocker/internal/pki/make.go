package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"time"
)

type certificate = *x509.Certificate

// authority signs the certificates of servers.
type authority struct {
	key  *ecdsa.PrivateKey
	cert certificate
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func serial() (*big.Int, error) { return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) }

// newAuthority signs itself. It may sign no further authority.
func newAuthority(key *ecdsa.PrivateKey, now time.Time) (*authority, error) {
	n, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		// The number tells two authorities apart where both are listed.
		SerialNumber: n, Subject: pkix.Name{CommonName: fmt.Sprintf("Clocker authority %s", n.Text(36)[:8])},
		NotBefore: now.Add(-early), NotAfter: now.Add(lifeOfAuthority),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{key: key, cert: cert}, err
}

// issue makes a server's key and certificate. The key comes first: a run that ends between the two leaves a pair that does
// not match, which is made anew.
func (a *authority) issue(dir string, s Server, now time.Time) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	n, err := serial()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: "clocker-" + s.Name},
		NotBefore: now.Add(-early), NotAfter: now.Add(lifeOfLeaf),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range s.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(dir, s.Name+".key"), key); err != nil {
		return err
	}
	return writeCertificates(filepath.Join(dir, s.Name+".pem"), cert)
}

// hostsOf lists the names and addresses in a certificate.
func hostsOf(c certificate) []string {
	out := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	return sorted(out)
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return out
}
