package run_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/run"
)

func platform(t *testing.T) run.Platform {
	return run.Platform{Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: bustest.Connect(t), Env: run.Env}
}

func waits(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestALoopThatEndsTakesTheProcessWithItAndIsNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		loop func(context.Context) error
		want string
	}{
		{"with an error", func(context.Context) error { return errors.New("broken") }, "ipam: loop sweep: broken"},
		{"without one", func(context.Context) error { return nil }, "ipam: loop sweep: ended by itself"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			closed := false
			s := run.Service{Name: "ipam", Close: func() { closed = true }, Loops: []run.Loop{
				{Name: "steady", Run: waits}, {Name: "sweep", Run: tc.loop},
			}}
			err := run.Run(t.Context(), platform(t), s)
			if err == nil || err.Error() != tc.want || !closed {
				t.Errorf("got %v, closed %v; want %q, closed", err, closed, tc.want)
			}
		})
	}
}

func TestCancellingIsTheOnlyQuietEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{})
	s := run.Service{Name: "dns", Loops: []run.Loop{{Name: "steady", Run: func(ctx context.Context) error {
		close(ready)
		return waits(ctx)
	}}}}
	p := platform(t)
	ended := make(chan error, 1)
	go func() { ended <- run.Group(ctx, []run.Platform{p}, []run.Service{s}) }()
	<-ready
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want nil", err)
	}
}
