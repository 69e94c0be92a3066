package ipam_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/run"
	"clocker.io/services/ipam"
)

func platform(t *testing.T, settings map[string]string) run.Platform {
	return run.Platform{Name: "ipam", Log: slog.New(slog.DiscardHandler), Bus: bustest.Connect(t), Env: func(key, fallback string) string {
		if v, ok := settings[key]; ok {
			return v
		}
		if key == "CLOCKER_DATABASE_URL" {
			return "postgres://nobody@127.0.0.1:1/clocker"
		}
		return fallback
	}}
}

// The service handles what the flow says it does.
func TestFlow(t *testing.T) {
	t.Parallel()
	s, err := ipam.New(platform(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var want []string
	for _, step := range events.Flow() {
		if step.Service == "ipam" {
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
