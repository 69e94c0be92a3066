package cli

import (
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
	if ip := net.ParseIP(api.Hostname()); api.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
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
	return &client.Client{Base: strings.TrimRight(base, "/"), Token: token, Agent: "clocker/" + version().Version,
		HTTP: http.DefaultClient}, nil
}
