package http

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readToken reads the bearer token, and makes the file with a new one when it is not there. Of two processes that make
// it at once, one wins and both read its token.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeToken(file); err != nil {
			return "", fmt.Errorf("make the token file: %w", err)
		}
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("read the token file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < 16 {
		return "", fmt.Errorf("the token file %s holds no token of 16 characters or more; remove it, and a new one is made", file)
	}
	return token, nil
}

// makeToken writes beside the file and links it into place, so that nobody reads half of it.
func makeToken(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".token-*") // made 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString("clk_" + strings.ToLower(rand.Text()) + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
