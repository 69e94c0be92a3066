package up

import (
	"errors"
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
	done, ended := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				ended <- n
				return
			default:
				_, _, _ = holderOf(d)
			}
		}
	}()
	for range 2000 {
		l, err := acquire(d, Holder{})
		if err != nil {
			t.Error(err)
			break
		}
		l.release()
	}
	close(done)
	if n := <-ended; n < 100 {
		t.Errorf("looked %d times only", n)
	}
}
