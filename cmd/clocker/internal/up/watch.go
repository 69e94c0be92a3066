package up

import (
	"context"
	"os"
	"time"
)

// lookEvery is how often a server looks whether its certificate is another.
const lookEvery = 5 * time.Second

// watch tells each time the text of a file has changed, until ctx ends. It looks: a file of a volume is replaced by another
// container, of which not every kind of mount tells. A file that is away just now has not changed.
func watch(ctx context.Context, every time.Duration, path string) <-chan struct{} {
	changed := make(chan struct{}, 1)
	if path == "" {
		return changed
	}
	last, _ := os.ReadFile(path)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			text, err := os.ReadFile(path)
			if err != nil || string(text) == string(last) {
				continue
			}
			last = text
			select {
			case changed <- struct{}{}:
			default: // it is still to be told
			}
		}
	}()
	return changed
}
