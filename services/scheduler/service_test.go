package scheduler_test

import (
	"log/slog"
	"slices"
	"testing"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/run"
	"clocker.io/services/scheduler"
)

func platform(t *testing.T) run.Platform {
	return run.Platform{Name: "scheduler", Log: slog.New(slog.DiscardHandler), Bus: bustest.Connect(t), Env: func(key, fallback string) string {
		if key == "CLOCKER_DATABASE_URL" {
			return "postgres://nobody@127.0.0.1:1/clocker"
		}
		return fallback
	}}
}

// The service handles what the flow says it does.
func TestFlow(t *testing.T) {
	t.Parallel()
	s, err := scheduler.New(platform(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var want []string
	for _, step := range events.Flow() {
		if step.Service == "scheduler" {
			want = append(want, step.On...)
		}
	}
	got := slices.Clone(s.Consumers[0].Topics)
	slices.Sort(got)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Fatalf("handles %v, the flow says %v", got, want)
	}
}
