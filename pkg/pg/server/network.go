package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"clocker.io/pkg/whole"
)

// Network lets others than the account of the server connect: over TLS, with their password, to one database. Without
// it a server has no port.
type Network struct {
	Listen   string // host:port; an empty host means every address
	Database string // the only one that can be reached
	// Cert and Key are PEM files that the account of the server can read. Reload takes new ones.
	Cert, Key string
}

// connections is for two processes of each service, each with its pool and those of the sequencer and of who prunes, and a few
// people.
const connections = 250

// settings are those of a server with a network. What it refuses is logged, with the name of the role: to an operator a
// role that reaches for another's tables is news. A statement is never logged, it may hold anything.
func (n Network) settings(hba string) (map[string]string, error) {
	host, port, err := net.SplitHostPort(n.Listen)
	if err != nil {
		return nil, fmt.Errorf("address of Postgres %q: %w", n.Listen, err)
	}
	if host == "" {
		host = "*"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("address of Postgres %q: %w", n.Listen, err)
	}
	if n.Cert == "" || n.Key == "" {
		return nil, errors.New("a Postgres that listens needs a certificate and its key")
	}
	return map[string]string{
		"listen_addresses": host, "port": port, "max_connections": strconv.Itoa(connections),
		"hba_file": hba, "password_encryption": "scram-sha-256",
		"ssl": "on", "ssl_cert_file": n.Cert, "ssl_key_file": n.Key, "ssl_min_protocol_version": "TLSv1.3",
		"log_min_messages": "error", "log_min_error_statement": "panic", "log_line_prefix": rolePrefix + "%u ",
	}, nil
}

// hba is who may connect how, first match first: the owner by the socket that only its account can reach, roles by TLS.
// Nobody else, and nobody in the clear.
func (n Network) hba() string {
	return fmt.Sprintf("local all %s trust\nhostssl %q all all scram-sha-256\n", superuser, n.Database)
}

// writeHBA puts the rules beside the data directory, whole or not at all.
func (n Network) writeHBA(path string, who account) error {
	reader := os.Geteuid()
	if who.Switch {
		reader = who.UID
	}
	if err := whole.WriteFor(path, []byte(n.hba()), 0o600, reader); err != nil {
		return fmt.Errorf("write who may connect: %w", err)
	}
	return nil
}

// Reload has the server read its certificate again. Connections go on with the old one.
func (s *Server) Reload() { s.signal(syscall.SIGHUP) }
