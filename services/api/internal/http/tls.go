package http

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/fresh"
)

// checkListen refuses to show tokens to a network: without TLS, only this machine may reach the server.
func checkListen(cfg Config) error {
	if (cfg.TLSCert == "") != (cfg.TLSKey == "") {
		return &clocker.Error{Code: clocker.Invalid, Message: "TLS needs both files: CLOCKER_TLS_CERT and CLOCKER_TLS_KEY"}
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return listenError(cfg.Listen, err)
	}
	if cfg.TLSCert != "" || cfg.Insecure || host == "localhost" || net.ParseIP(host).IsLoopback() {
		return nil
	}
	return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("CLOCKER_LISTEN is %s, which other machines can reach, "+
		"and without TLS tokens would be there for all to read: set CLOCKER_TLS_CERT and CLOCKER_TLS_KEY, or listen on "+
		"127.0.0.1; CLOCKER_INSECURE_LISTEN=yes is for a server that only a proxy on its own machine can reach", cfg.Listen)}
}

// readCertificate reads the files of the server's certificate, now and whenever they are replaced.
func (s *Server) readCertificate() (err error) {
	if s.cfg.TLSCert == "" {
		return nil
	}
	s.certificate, err = fresh.New(s.log, func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(s.cfg.TLSCert, s.cfg.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("read the certificate of CLOCKER_TLS_CERT and CLOCKER_TLS_KEY: %w", err)
		}
		return &pair, nil
	}, s.cfg.TLSCert, s.cfg.TLSKey)
	return err
}

// tlsConfig is nil without TLS.
func (s *Server) tlsConfig() *tls.Config {
	if s.certificate == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return s.certificate.Get(), nil
	}}
}

// certified reports whether a name is one that the server's certificate vouches for: whoever had it signed says that the
// server goes by it.
func (s *Server) certified(name string) bool {
	if s.certificate == nil {
		return false
	}
	leaf := s.certificate.Get().Leaf
	return slices.Contains(leaf.DNSNames, name) ||
		slices.ContainsFunc(leaf.IPAddresses, func(ip net.IP) bool { return ip.Equal(net.ParseIP(name)) })
}
