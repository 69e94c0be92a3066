package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/memory"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"

	"github.com/prometheus/client_golang/prometheus"

	"golang.org/x/sync/singleflight"
)

const (
	pulls    = 2                // at once
	workTime = 30 * time.Minute // of one pull or build
)

// Engine is where images are.
type Engine interface {
	FindImage(ctx context.Context, ref string) (engine.Image, error)
	HasImage(ctx context.Context, id string) (bool, error)
	Pull(ctx context.Context, ref string) error
}

// Factory is where images are built.
type Factory interface {
	BuiltImage(ctx context.Context, key, tag string) (engine.Image, error)
	BuildImage(ctx context.Context, b engine.Build) (engine.Image, error)
}

// Contexts fetches the build context of a digest, a tar.gz.
type Contexts interface {
	Fetch(ctx context.Context, digest string) (io.ReadCloser, error)
}

// Config is what a builder works with.
type Config struct {
	Engine   Engine
	Factory  Factory
	Contexts Contexts
	Memory   *memory.Memory
	Facts    func(clocker.Fact) error
	Up       func() bool // whether the Engine is in sight
	Resync   time.Duration
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil for none
}

// Builder is safe for concurrent use.
type Builder struct {
	Config
	queue   *reconcile.Queue
	pulling chan struct{}
	making  chan struct{}
	flights singleflight.Group
}

// New makes a builder; nothing happens before Run.
func New(c Config) *Builder {
	return &Builder{Config: c, queue: reconcile.NewQueue(), pulling: make(chan struct{}, pulls), making: make(chan struct{}, 1)}
}

// Run works until ctx ends.
func (b *Builder) Run(ctx context.Context) error {
	return reconcile.Run(ctx, b.queue, reconcile.Options{
		Name: "images", Workers: 8, Resync: b.Resync, Log: b.Log, Metrics: b.Metrics,
		Keys: func(context.Context) ([]string, error) { return b.keys(), nil },
	}, b.Reconcile)
}

func (b *Builder) keys() []string {
	var keys []string
	for key := range b.Memory.Images().Jobs {
		keys = append(keys, key)
	}
	return keys
}

// Check has jobs looked at; without keys all of them.
func (b *Builder) Check(keys ...string) {
	if len(keys) == 0 {
		keys = b.keys()
	}
	for _, key := range keys {
		b.queue.Add(key)
	}
}

// Reconcile does one job, unless its attempt was reported already. An error means that the Engine or the disk failed.
func (b *Builder) Reconcile(ctx context.Context, key string) error {
	job, ok := b.Memory.Images().Jobs[key]
	if !ok || job.Done || !b.Up() {
		return nil
	}
	known := b.Memory.Job(key)
	if o := known.Outcome; o != nil && o.Image.Attempt >= job.Attempt {
		if known.Epoch == b.Memory.Epoch() {
			return nil
		}
		return b.report(*o) // what was reported in another epoch may have been refused
	}
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	f := clocker.ImageFact{Key: key, Attempt: job.Attempt}
	fact := clocker.Fact{Kind: clocker.FactImageReady, Image: &f}
	found, err := b.obtain(ctx, job, &f)
	switch {
	case err == nil:
		f.Image, f.Digest, f.Size = found.ID, found.Digest, found.Size
	default:
		f.New = false
		if err := blame(&fact, err); err != nil {
			return err
		}
	}
	return b.report(fact)
}

func (b *Builder) report(fact clocker.Fact) error {
	f := fact.Image
	b.Log.Info("image", "fact", fact.Kind, "key", f.Key, "new", f.New, "reason", fact.Reason)
	epoch := b.Memory.Epoch()
	if err := b.Facts(fact); err != nil {
		return err
	}
	return b.Memory.RememberJob(f.Key, memory.Job{Outcome: &fact, Epoch: epoch})
}

// blame turns a failure that ends the attempt into its fact; any other is given back.
func blame(fact *clocker.Fact, err error) error {
	fact.Kind, fact.Reason = clocker.FactImageFailed, err.Error()
	var r *engine.Refusal
	var failed *engine.BuildFailed
	var c *contextError
	switch {
	case errors.As(err, &failed):
		fact.Image.Tail = failed.Tail
	case errors.As(err, &r):
		fact.Image.Retry = r.Retry
	case errors.As(err, &c):
		fact.Image.Retry = !c.damaged
	default:
		return err
	}
	return nil
}

func (b *Builder) obtain(ctx context.Context, job clocker.ImageJob, f *clocker.ImageFact) (engine.Image, error) {
	if job.Source.Builds() {
		return b.build(ctx, job, f)
	}
	found, err := b.Engine.FindImage(ctx, job.Source.Reference)
	if !errors.Is(err, engine.ErrNoImage) {
		return found, err
	}
	if err := b.pull(ctx, job.Source.Reference); err != nil {
		return engine.Image{}, err
	}
	f.New = true
	return b.Engine.FindImage(ctx, job.Source.Reference)
}

// build finds the image that was built for the key, or builds it. What was begun and is there was made by the agent
// that was killed before it could say so: it is new to everybody.
func (b *Builder) build(ctx context.Context, job clocker.ImageJob, f *clocker.ImageFact) (engine.Image, error) {
	select {
	case b.making <- struct{}{}:
		defer func() { <-b.making }()
	case <-ctx.Done():
		return engine.Image{}, ctx.Err()
	}
	tag := job.Tag
	if tag == "" {
		tag = job.Source.Tag()
	}
	known := b.Memory.Job(job.Key)
	found, err := b.Factory.BuiltImage(ctx, job.Key, tag)
	if !errors.Is(err, engine.ErrNoImage) {
		f.New = known.Building
		return found, err
	}
	known.Building = true
	if err := b.Memory.RememberJob(job.Key, known); err != nil {
		return engine.Image{}, err
	}
	dockerfile, files, err := b.open(ctx, job.Source)
	if err != nil {
		return engine.Image{}, err
	}
	defer func() { _ = files.Close() }()
	b.Log.Info("build an image", "key", job.Key)
	f.New = true
	found, err = b.Factory.BuildImage(ctx, engine.Build{Key: job.Key, Tag: tag, Dockerfile: dockerfile, Context: files})
	return found, cause(files, err)
}

// Fetch brings an image to this host: nothing to do when its id is there, else by its reference.
func (b *Builder) Fetch(ctx context.Context, image, reference string) error {
	if ok, err := b.Engine.HasImage(ctx, image); ok || err != nil {
		return err
	}
	if reference == "" {
		return &engine.Refusal{Reason: fmt.Sprintf("image %s is not on this host and has no reference to pull it by", image)}
	}
	if err := b.pull(ctx, reference); err != nil {
		return err
	}
	if ok, err := b.Engine.HasImage(ctx, image); ok || err != nil {
		return err
	}
	return &engine.Refusal{Reason: fmt.Sprintf("image %s was pulled, but it is no longer %s", reference, image)}
}

// pull pulls a reference once however many ask for it.
func (b *Builder) pull(ctx context.Context, reference string) error {
	_, err, _ := b.flights.Do(reference, func() (any, error) {
		select {
		case b.pulling <- struct{}{}:
			defer func() { <-b.pulling }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		b.Log.Info("pull an image", "reference", reference)
		return nil, b.Engine.Pull(ctx, reference)
	})
	return err
}
