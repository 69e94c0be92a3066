package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/run"
)

const defaultURL = "http://127.0.0.1:8080"

// dataDir is the data directory of the local installation.
func (s *Shell) dataDir() string {
	if d := s.Env("CLOCKER_DATA"); d != "" {
		return d
	}
	return run.DataDir()
}

func (s *Shell) tokenFile() string {
	if f := s.Env("CLOCKER_TOKEN_FILE"); f != "" {
		return f
	}
	return filepath.Join(s.dataDir(), "token")
}

// localURL is where the local installation listens, as far as its `clocker up` has said.
func (s *Shell) localURL() string {
	if u := up.URL(s.dataDir()); u != "" {
		return u
	}
	return defaultURL
}

// token is that of the environment, else, for an API on this machine, that of the local installation: no other machine
// is shown it. None at all is left to the API to refuse.
func (s *Shell) token(api *url.URL) (string, error) {
	if t := s.Env("CLOCKER_TOKEN"); t != "" {
		return t, nil
	}
	if !onThisMachine(api) {
		return "", nil
	}
	text, err := os.ReadFile(s.tokenFile())
	if os.IsNotExist(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the token: %w; run this as the account that runs Clocker, or set CLOCKER_TOKEN", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func onThisMachine(api *url.URL) bool {
	return api.Hostname() == "localhost" || net.ParseIP(api.Hostname()).IsLoopback()
}

// authority is the file with the CA that the API's certificate must be signed by: the one that is named, else, for an API
// on this machine, that of the local installation if it has one. Empty leaves it to those that this machine trusts.
func (s *Shell) authority(api *url.URL) string {
	if s.ca != "" {
		return s.ca
	}
	if file := s.Env("CLOCKER_CA"); file != "" {
		return file
	}
	file := filepath.Join(s.dataDir(), "pki", "ca.pem")
	if _, err := os.Stat(file); err != nil || !onThisMachine(api) {
		return ""
	}
	return file
}

// http is how the API is spoken to. A CA that is named is the only one that counts.
func (s *Shell) http(api *url.URL) (*http.Client, error) {
	file := s.authority(api)
	if api.Scheme != "https" || file == "" {
		return http.DefaultClient, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the certificate authority: %s holds no certificate in PEM", file)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// api is the client of the installation that this command line means.
func (s *Shell) api() (*client.Client, error) {
	base := s.url
	if base == "" {
		base = s.Env("CLOCKER_URL")
	}
	if base == "" {
		base = s.localURL()
	}
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, &usageError{fmt.Sprintf("%q is no address of an API, such as %s", base, defaultURL)}
	}
	token, err := s.token(u)
	if err != nil {
		return nil, err
	}
	dial, err := s.http(u)
	if err != nil {
		return nil, err
	}
	return &client.Client{Base: strings.TrimRight(base, "/"), Token: token, Agent: "clocker/" + version().Version,
		HTTP: dial}, nil
}
