package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// stopTime bounds how long a service may take to end.
const stopTime = 10 * time.Second

// Run sets a service up and runs its consumers, responders and loops until ctx ends or one of them does. It returns nil
// when ctx ended it.
func Run(ctx context.Context, p Platform, s Service) error {
	if s.Close != nil {
		defer s.Close()
	}
	if s.Setup != nil {
		if err := s.Setup(ctx); err != nil {
			return stopped(ctx, fmt.Errorf("%s: set up: %w", s.Name, err))
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	for _, c := range s.Consumers {
		part(g, gctx, s.Name+": consumer "+c.Name, func(ctx context.Context) error { return c.Run(ctx, p.Bus) })
	}
	for _, r := range s.Responders {
		part(g, gctx, s.Name+": responder "+r.Subject, func(ctx context.Context) error { return r.Serve(ctx, p.Bus) })
	}
	for _, l := range s.Loops {
		part(g, gctx, s.Name+": loop "+l.Name, l.Run)
	}
	p.Log.Info("service runs")
	return stopped(ctx, g.Wait())
}

// part runs one part of a service. A part that ends by itself is a fault, whatever it returns: nothing may die
// silently.
func part(g *errgroup.Group, ctx context.Context, name string, run func(context.Context) error) {
	g.Go(func() error {
		err := run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = errors.New("ended by itself")
		}
		return fmt.Errorf("%s: %w", name, err)
	})
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Group runs several services of one process; the first that ends takes the others with it. It returns nil when ctx
// ended them, or the fault.
func Group(ctx context.Context, platforms []Platform, services []Service) error {
	g, gctx := errgroup.WithContext(ctx)
	for i := range services {
		g.Go(func() error {
			err := Run(gctx, platforms[i], services[i])
			if err == nil && gctx.Err() == nil {
				return fmt.Errorf("%s ended by itself", services[i].Name)
			}
			return err
		})
	}
	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	select {
	case err := <-done:
		return stopped(ctx, err)
	case <-gctx.Done():
	}
	select {
	case err := <-done:
		return stopped(ctx, err)
	case <-time.After(stopTime):
		return stopped(ctx, fmt.Errorf("some service did not end within %s", stopTime))
	}
}
