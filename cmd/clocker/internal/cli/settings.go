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
	"time"

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

// localToken is, for an API on this machine, that of the local installation: no other machine is shown it. None at all
// is left to the API to refuse.
func (s *Shell) localToken(api *url.URL) (string, error) {
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

// localAuthority is, for an API on this machine, the file with the CA of the local installation, if it has one. Empty
// leaves it to those that this machine trusts.
func (s *Shell) localAuthority(api *url.URL) string {
	file := filepath.Join(s.dataDir(), "pki", "ca.pem")
	if _, err := os.Stat(file); err != nil || !onThisMachine(api) {
		return ""
	}
	return file
}

// answerTime is how long the API may take to begin an answer that is no stream: more than it gives itself.
const answerTime = 70 * time.Second

// speak is how an API is spoken to. A CA that is named is the only one that counts.
func speak(api *url.URL, file string) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if api.Scheme != "https" || file == "" {
		return transport, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the certificate authority: %s holds no certificate in PEM", file)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport, nil
}

// api is the client of the installation that this command line means.
func (s *Shell) api() (*client.Client, error) {
	e, err := s.endpoint()
	if err != nil {
		return nil, err
	}
	return s.clientOf(e)
}

func (s *Shell) clientOf(e endpoint) (*client.Client, error) {
	u, err := parseURL(e.url)
	if err != nil {
		return nil, err
	}
	s.asked = e
	transport, err := speak(u, e.ca)
	if err != nil {
		return nil, err
	}
	impatient := transport.Clone()
	impatient.ResponseHeaderTimeout = answerTime
	return &client.Client{Base: strings.TrimRight(e.url, "/"), Token: e.token, Agent: "clocker/" + version().Version,
		HTTP: &http.Client{Transport: impatient}, Streams: &http.Client{Transport: transport}}, nil
}

func parseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, &usageError{fmt.Sprintf("%q is no address of an API, such as %s", base, defaultURL)}
	}
	if strings.Trim(u.Path, "/") == "v1" {
		return nil, &usageError{fmt.Sprintf("%q is the address of a version of the API: leave out %s", base, u.Path)}
	}
	return u, nil
}
