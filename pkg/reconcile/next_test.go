package reconcile

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLoopsOfOneProcessWakeItTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "d"))
		times := time.Duration(rapid.Int64Range(1, 100).Draw(t, "times"))
		elapsed := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "elapsed"))
		short, long := left(elapsed, d), left(elapsed, times*d)
		if short <= 0 || short > d {
			t.Fatalf("%s left of %s", short, d)
		}
		if (elapsed+long)%d != 0 {
			t.Fatalf("after %s, %s and %s wake the process apart: in %s and %s", elapsed, d, times*d, short, long)
		}
	})
}

func TestNextFiresOnce(t *testing.T) {
	t.Parallel()
	next := Next(time.Millisecond)
	<-next
	select {
	case <-next:
		t.Error("it fired again")
	case <-Next(20 * time.Millisecond):
	}
}
