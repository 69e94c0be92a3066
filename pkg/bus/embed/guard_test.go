package embed_test

import (
	"sync"
	"testing"

	"clocker.io/pkg/bus/access"
)

// The race detector sees what the two would do to each other.
func TestTheStorageIsLookedAtWhileTheAccountsChange(t *testing.T) {
	t.Parallel()
	s := started(t, nil)
	s.plain(t, access.File(s.auth, "ipam")) // so that there is an account with a stream's place
	var looking sync.WaitGroup
	looking.Go(func() {
		for range 20 {
			if reason := s.Ill(); reason != "" {
				t.Error(reason)
			}
		}
	})
	for range 20 {
		if err := s.Reload(); err != nil {
			t.Error(err)
		}
	}
	looking.Wait()
}
