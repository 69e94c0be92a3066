package agent

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
)

// settings are the service's configuration, checked.
type settings struct {
	host   string
	token  string
	engine engine.Config
	limits plan.Limits
	sense  time.Duration // between rounds of measuring
	// reserve keeps the leased host ports out of the kernel's own choice.
	reserve bool
}

func settingsFrom(p run.Platform) (settings, error) {
	s := settings{
		host:  p.Env("CLOCKER_HOST", "localhost"),
		token: p.Env("CLOCKER_JOIN_TOKEN_FILE", filepath.Join(p.Data, "join-token")),
		engine: engine.Config{
			Host: p.Env("DOCKER_HOST", ""), Installation: p.Installation, Publish: p.Env("CLOCKER_PUBLISH_ADDRESS", "127.0.0.1"),
			HangUpImage: p.Env("CLOCKER_HANGUP_IMAGE", ""),
		},
		limits: plan.Limits{Repeat: time.Minute},
	}
	if !clocker.ValidID(s.host) {
		return s, fmt.Errorf("CLOCKER_HOST %q: want a-z, 0-9 and '-', at most %d", s.host, clocker.MaxIDLength)
	}
	var err error
	if s.reserve, err = strconv.ParseBool(p.Env("CLOCKER_RESERVE_PORTS", "true")); err != nil {
		return s, fmt.Errorf("CLOCKER_RESERVE_PORTS %q: want true or false", p.Env("CLOCKER_RESERVE_PORTS", ""))
	}
	for _, d := range []struct {
		key, fallback string
		to            *time.Duration
	}{
		{"CLOCKER_RESTART_UNIT", "1s", &s.limits.Unit},
		{"CLOCKER_RESTART_MAX", "60s", &s.limits.Max},
		{"CLOCKER_RESTART_STABLE", "60s", &s.limits.Stable},
		{"CLOCKER_STOP_GRACE", "10s", &s.engine.Grace},
		{"CLOCKER_SENSOR_EVERY", "5s", &s.sense},
	} {
		v, err := time.ParseDuration(p.Env(d.key, d.fallback))
		if err != nil || v <= 0 {
			return s, fmt.Errorf("%s %q: want a duration such as %s", d.key, p.Env(d.key, d.fallback), d.fallback)
		}
		*d.to = v
	}
	return s, nil
}
