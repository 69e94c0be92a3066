package up

import (
	"errors"
	"sync/atomic"
	"testing"
)

func TestWhoLooksWhoHoldsTheDirectoryDoesNotHoldIt(t *testing.T) {
	t.Parallel()
	d := Data{Dir: t.TempDir()}
	first, err := acquire(d, Holder{})
	if err != nil {
		t.Fatal(err)
	}
	var held *Held
	if _, err := acquire(d, Holder{}); !errors.As(err, &held) {
		t.Errorf("held twice: %v", err)
	}
	first.release()
	var looked atomic.Int64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				_, _, _ = holderOf(d)
				looked.Add(1)
			}
		}
	}()
	for n := 0; n < 2000 || looked.Load() < 100; n++ {
		l, err := acquire(d, Holder{})
		if err != nil {
			t.Error(err)
			break
		}
		l.release()
	}
	close(done)
	<-ended
}
