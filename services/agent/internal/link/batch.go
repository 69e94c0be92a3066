package link

import (
	"bytes"
	"context"
	"sync"

	"clocker.io/pkg/clocker"

	"golang.org/x/sync/errgroup"
)

const (
	batchBytes = 64 << 10 // of output that waits for what is under way
	chunkBytes = 96       // what a chunk takes beside its data
)

// batch gathers output while what came before is under way to its reader, and sends it as one answer: a reader who is far
// away gets more with each, and one who is slow stops whoever adds.
type batch struct {
	news, room chan struct{}

	mu      sync.Mutex
	waiting []clocker.LogsChunk
	bytes   int
}

// batched sends what read adds, in answers of many chunks, and returns when all is sent or one of both fails.
func batched(ctx context.Context, read func(ctx context.Context, add func(clocker.LogsChunk) error) error, send func(any) error) error {
	b := &batch{news: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	g, ctx := errgroup.WithContext(ctx)
	done := make(chan error, 1)
	g.Go(func() error { return b.send(ctx, done, send) })
	// What was read before it failed is sent all the same.
	done <- read(ctx, func(c clocker.LogsChunk) error { return b.add(ctx, c) })
	return g.Wait()
}

// add waits for room, and keeps a copy: who reads uses the bytes again.
func (b *batch) add(ctx context.Context, c clocker.LogsChunk) error {
	c.Data = bytes.Clone(c.Data)
	for !b.put(c) {
		select {
		case <-b.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	poke(b.news)
	return nil
}

func (b *batch) put(c clocker.LogsChunk) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := len(c.Data) + chunkBytes
	if b.bytes > 0 && b.bytes+size > batchBytes {
		return false
	}
	b.waiting, b.bytes = append(b.waiting, c), b.bytes+size
	return true
}

func (b *batch) take() []clocker.LogsChunk {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.waiting
	b.waiting, b.bytes = nil, 0
	poke(b.room)
	return out
}

// send sends what waits until done says how reading ended, and nothing is left.
func (b *batch) send(ctx context.Context, done <-chan error, send func(any) error) error {
	for {
		var end error
		ended := false
		select {
		case <-b.news:
		case end = <-done:
			ended = true
		case <-ctx.Done():
			return ctx.Err()
		}
		if all := b.take(); len(all) > 0 {
			all[0].More = all[1:]
			if err := send(all[0]); err != nil {
				return err
			}
		}
		if ended {
			return end
		}
	}
}
