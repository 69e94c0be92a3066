package scheduler_test

import (
	"log/slog"
	"testing"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/run"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/scheduler"
)

func platform(t *testing.T) run.Platform {
	t.Helper()
	env := map[string]string{"CLOCKER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/clocker"}
	return run.Platform{Name: "scheduler", Log: slog.New(slog.DiscardHandler), Bus: bustest.Connect(t), Env: runtest.Env(env)}
}

// The service handles what the flow says it does.
func TestFlow(t *testing.T) {
	t.Parallel()
	s, err := scheduler.New(platform(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	runtest.HearsItsFlow(t, "scheduler", s.Consumers)
}
