package embed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/nats-io/nats-server/v2/server"
)

// anAccount is the name of a directory of JetStream: an account's public key, or the one account of a server without.
var anAccount = regexp.MustCompile(`^(A[A-Z2-7]{55}|\$G)$`)

// sweep removes the streams of accounts that are known no longer: of identities that were made anew, or of the time before
// there were any. JetStream would report them as lost for ever; Postgres has all that was in them.
func sweep(dir string, known map[string]string) error {
	dir = filepath.Join(dir, server.JetStreamStoreDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep the streams of former accounts: %w", err)
	}
	for _, e := range entries {
		if _, ok := known[e.Name()]; ok || !e.IsDir() || !anAccount.MatchString(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("sweep the streams of former accounts: %w", err)
		}
	}
	return nil
}
