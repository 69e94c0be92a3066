package ipam_test

import (
	"log/slog"
	"maps"
	"strings"
	"testing"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/run"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/ipam"
)

func platform(t *testing.T, settings map[string]string) run.Platform {
	t.Helper()
	env := map[string]string{"CLOCKER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/clocker"}
	maps.Copy(env, settings)
	return run.Platform{Name: "ipam", Log: slog.New(slog.DiscardHandler), Bus: bustest.Connect(t), Env: runtest.Env(env)}
}

// The service handles what the flow says it does.
func TestFlow(t *testing.T) {
	t.Parallel()
	s, err := ipam.New(platform(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	runtest.HearsItsFlow(t, "ipam", s.Consumers)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, says string }{
		{"CLOCKER_POOL", "10.200.0.1/13", "no IPv4 network"},
		{"CLOCKER_POOL", "10.200.0.0/24", "holds no /22"},
		{"CLOCKER_POOL_EXCLUDE", "10.200.0.0/16, here", `"here"`},
		{"CLOCKER_MTU", "big", "CLOCKER_MTU"},
		{"CLOCKER_COOL_DOWN", "5", "CLOCKER_COOL_DOWN"},
	} {
		_, err := ipam.New(platform(t, map[string]string{c.key: c.value}))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s=%s: got %v, want it to say %s", c.key, c.value, err, c.says)
		}
	}
}
