package terminal

import (
	"context"
	"sync"

	"clocker.io/pkg/clocker"
)

// input is what the client has sent and the command has not taken: at most a window of it.
type input struct {
	mu    sync.Mutex
	data  []byte
	owed  int // bytes that the client was not told to be taken
	ended bool
	news  chan struct{}
}

func newInput() *input { return &input{news: make(chan struct{}, 1)} }

// put adds data, or the end; false says that there was no room, or that it had ended.
func (i *input) put(data []byte, end bool) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended || i.owed+len(data) > clocker.ExecWindow {
		return false
	}
	i.owed += len(data)
	i.data = append(i.data, data...)
	i.ended = end
	wake(i.news)
	return true
}

// take waits for input, and gives a piece of it and whether that was the end.
func (i *input) take(ctx context.Context) (data []byte, end bool, err error) {
	for {
		i.mu.Lock()
		n := min(len(i.data), clocker.ExecChunk)
		data, i.data = i.data[:n:n], i.data[n:]
		end = i.ended && len(i.data) == 0
		i.mu.Unlock()
		if n > 0 || end {
			return data, end, nil
		}
		select {
		case <-i.news:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// settle notes that the client is told that n bytes were taken.
func (i *input) settle(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.owed -= n
}

// room is how much output the client can take.
type room struct {
	mu   sync.Mutex
	left int
	news chan struct{}
}

func newRoom() *room { return &room{left: clocker.ExecWindow, news: make(chan struct{}, 1)} }

func (r *room) add(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(r.left+n, clocker.ExecWindow)
	wake(r.news)
}

// wait waits until there is room for a piece of output, whatever its size.
func (r *room) wait(ctx context.Context) error {
	for ctx.Err() == nil {
		r.mu.Lock()
		left := r.left
		r.mu.Unlock()
		if left >= clocker.ExecChunk {
			return nil
		}
		select {
		case <-r.news:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
