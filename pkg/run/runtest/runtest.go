package runtest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/pkg/run"
)

// Env is a Platform's Env with these settings; every other one has its fallback.
func Env(settings map[string]string) func(key, fallback string) string {
	return func(key, fallback string) string {
		if v, ok := settings[key]; ok {
			return v
		}
		return fallback
	}
}

// Start runs a service until stop is called, or the test ends.
func Start(t testing.TB, p run.Platform, s run.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx, p, s) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// HearsItsFlow holds what a service's consumers take against what the flow says that it hears.
func HearsItsFlow(t testing.TB, service string, consumers []bus.Consumer) {
	t.Helper()
	got, want := map[string]bool{}, map[string]bool{}
	for _, c := range consumers {
		for _, topic := range c.Topics {
			got[topic] = true
		}
	}
	for _, step := range events.Flow() {
		if step.Service != service {
			continue
		}
		for _, topic := range step.On {
			want[topic] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s handles %v, the flow says %v", service, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// Eventually tries until there is no error. It is for what nothing signals: a subscription or a listener that opens,
// another's rows.
func Eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := time.After(2 * time.Minute)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("%s: %v", what, err)
		}
	}
}
