package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

// reader takes answers, each when it is let.
type reader struct {
	let chan struct{}
	got [][]string
}

func (r *reader) send(v any) error {
	if _, ok := <-r.let; !ok {
		return errors.New("the reader left")
	}
	var texts []string
	for c := range v.(clocker.LogsChunk).All() {
		texts = append(texts, string(c.Data))
	}
	r.got = append(r.got, texts)
	return nil
}

func (r *reader) all() []string { return slices.Concat(r.got...) }

func TestOutputGathersWhileAnAnswerIsUnderWay(t *testing.T) {
	t.Parallel()
	r := &reader{let: make(chan struct{}, 100)}
	var want []string
	buffer := make([]byte, 8) // which who reads uses again
	err := batched(t.Context(), func(ctx context.Context, add func(clocker.LogsChunk) error) error {
		for n := range 100 {
			text := fmt.Sprintf("line%4d", n)
			want = append(want, text)
			if err := add(clocker.LogsChunk{Data: buffer[:copy(buffer, text)]}); err != nil {
				return err
			}
		}
		for range 100 {
			r.let <- struct{}{}
		}
		return nil
	}, r.send)
	if err != nil || !slices.Equal(r.all(), want) {
		t.Errorf("%v; it got %q", err, r.got)
	}
	if len(r.got) > 3 {
		t.Errorf("100 lines came in %d answers, while one was under way", len(r.got))
	}
}

func TestASlowReaderStopsWhoReads(t *testing.T) {
	t.Parallel()
	r := &reader{let: make(chan struct{})}
	piece, added := strings.Repeat("x", 1000), make(chan int, 1000)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		done <- batched(ctx, func(ctx context.Context, add func(clocker.LogsChunk) error) error {
			for n := range 1000 {
				if err := add(clocker.LogsChunk{Data: []byte(piece)}); err != nil {
					return err
				}
				added <- n
			}
			return nil
		}, r.send)
	}()
	r.let <- struct{}{} // the first answer; the second is under way, and a third waits
	for n := 0; n < 2*batchBytes/(len(piece)+chunkBytes)-1; n++ {
		<-added
	}
	cancel() // it ends although its reader does nothing
	close(r.let)
	if err := <-done; err == nil {
		t.Error("it ended well")
	}
	if n := len(added) + 2*batchBytes/(len(piece)+chunkBytes); n > 3*batchBytes/len(piece) {
		t.Errorf("%d pieces were taken for a reader who took one answer", n)
	}
}

func TestWhatWasReadBeforeItFailedIsSentBeforeTheReason(t *testing.T) {
	t.Parallel()
	r := &reader{let: make(chan struct{}, 10)}
	for range 10 {
		r.let <- struct{}{}
	}
	broken := errors.New("the Engine is away")
	err := batched(t.Context(), func(_ context.Context, add func(clocker.LogsChunk) error) error {
		return errors.Join(add(clocker.LogsChunk{Data: []byte("last")}), broken)
	}, r.send)
	if !errors.Is(err, broken) || !slices.Equal(r.all(), []string{"last"}) {
		t.Errorf("%v; it got %q", err, r.got)
	}
}

func TestAReaderWhoLeavesEndsTheReading(t *testing.T) {
	t.Parallel()
	r := &reader{let: make(chan struct{})}
	close(r.let)
	err := batched(t.Context(), func(ctx context.Context, add func(clocker.LogsChunk) error) error {
		for {
			if err := add(clocker.LogsChunk{Data: []byte("more")}); err != nil {
				return err
			}
		}
	}, r.send)
	if err == nil || err.Error() != "the reader left" {
		t.Errorf("ended with %v", err)
	}
}
