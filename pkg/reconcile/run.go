package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options says how a controller works. Zero values are sensible: one worker, a full look every 30 s, a pause of 100 ms
// to 30 s after failures.
type Options struct {
	Name    string
	Workers int
	Resync  time.Duration
	// Keys lists every key there is, for the full look at the start and every Resync; nil means none.
	Keys    func(ctx context.Context) ([]string, error)
	Backoff Backoff
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none; one controller of a name at a time
}

// Run works on the queue's keys until ctx ends. do brings one key to its desired state; it is never run twice at once
// for one key. Its error means again later.
func Run(ctx context.Context, q *Queue, o Options, do func(ctx context.Context, key string) error) error {
	o = o.withDefaults()
	m := newMetrics(q, o)
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() { work(ctx, q, o, m, do) })
	}
	resync(ctx, q, o)
	workers.Wait()
	return ctx.Err()
}

func (o Options) withDefaults() Options {
	o.Workers = max(o.Workers, 1)
	if o.Resync == 0 {
		o.Resync = 30 * time.Second
	}
	if o.Backoff == (Backoff{}) {
		o.Backoff = Backoff{Min: 100 * time.Millisecond, Max: 30 * time.Second, Factor: 2}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func work(ctx context.Context, q *Queue, o Options, m metrics, do func(context.Context, string) error) {
	for {
		key, err := q.next(ctx)
		if err != nil {
			return
		}
		began := time.Now()
		err = guarded(ctx, o, key, do)
		m.observe(began, err)
		if err != nil && ctx.Err() == nil {
			o.Log.Warn("reconcile again later", "controller", o.Name, "key", key, "reason", err)
		}
		q.done(key, err, o.Backoff)
	}
}

// guarded does one key. A panic is that key's own failure: the others go on.
func guarded(ctx context.Context, o Options, key string, do func(context.Context, string) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			o.Log.Error("a controller panics", "controller", o.Name, "key", key, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return do(ctx, key)
}

// resync adds every key at the start and now and then, so that a lost wake-up heals by itself.
func resync(ctx context.Context, q *Queue, o Options) {
	for {
		if o.Keys != nil {
			keys, err := o.Keys(ctx)
			if err != nil && ctx.Err() == nil {
				o.Log.Warn("list what to reconcile", "controller", o.Name, "reason", err)
			}
			for _, k := range keys {
				q.Add(k)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-Next(o.Resync):
		}
	}
}
