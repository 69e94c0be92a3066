package client

import (
	"context"
	"sync"
)

// count is a number of bytes that may be sent.
type count struct {
	mu   sync.Mutex
	n    int
	news chan struct{}
}

func newCount(n int) *count { return &count{n: n, news: make(chan struct{}, 1)} }

func (c *count) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	wake(c.news)
}

// take waits until something may be sent, and takes as much of it as is wanted at most.
func (c *count) take(ctx context.Context, most int) (int, error) {
	for {
		c.mu.Lock()
		n := min(c.n, most)
		c.n -= n
		c.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		select {
		case <-c.news:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// queue holds messages in order. Who puts them keeps to a window.
type queue struct {
	mu   sync.Mutex
	list [][]byte
	news chan struct{}
}

func newQueue() *queue { return &queue{news: make(chan struct{}, 1)} }

func (q *queue) put(message []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append(q.list, message)
	wake(q.news)
}

func (q *queue) take(ctx context.Context) ([]byte, error) {
	for {
		q.mu.Lock()
		if len(q.list) > 0 {
			message := q.list[0]
			q.list = q.list[1:]
			q.mu.Unlock()
			return message, nil
		}
		q.mu.Unlock()
		select {
		case <-q.news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
