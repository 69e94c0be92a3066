package http

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"clocker.io/pkg/whole"
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

func makeToken(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return whole.First(file, []byte("clk_"+strings.ToLower(rand.Text())+"\n"))
}
