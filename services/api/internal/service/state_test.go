package service_test

import (
	"fmt"
	"strings"
	"testing"

	"clocker.io/services/api/internal/service"
)

func TestAContainersStateInBrooklynsWords(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"submitted": "created false", "queued": "created false", "requested": "starting false", "addressed": "starting false",
		"cleared": "starting false", "started": "starting false", "healthy": "running true", "unhealthy": "on-fire false",
		"failed": "on-fire false", "finished": "stopped false", "withdrawn": "stopping false", "removed": "stopped false",
	} {
		s := service.OfContainer(state, 0)
		if got := fmt.Sprint(s.State, " ", s.Up); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
	if s := service.OfContainer("finished", 1); s.State != service.OnFire {
		t.Errorf("ended with 1: %s", s.State)
	}
}

func TestAnEntityIsUpWhenEveryWantedMemberIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		size   int
		states string
		going  bool
		want   string
	}{
		{2, "healthy healthy", false, "running true"},
		{2, "healthy started", false, "starting false"},
		{2, "healthy unhealthy", false, "on-fire false"},
		{2, "healthy", false, "starting false"},
		{2, "queued queued", false, "created false"},
		{2, "", false, "created false"},
		{0, "", false, "running true"},
		{1, "finished", false, "stopped false"},
		{1, "healthy withdrawn", false, "running true"}, // scaled in
		{2, "healthy healthy", true, "stopping true"},
		{1, "withdrawn", true, "stopping false"},
	} {
		var members []service.State
		for _, state := range strings.Fields(tt.states) {
			members = append(members, service.OfContainer(state, 0))
		}
		s := service.OfEntity(tt.size, members, tt.going)
		if got := fmt.Sprint(s.State, " ", s.Up); got != tt.want {
			t.Errorf("%d of %q: %s, want %s", tt.size, tt.states, got, tt.want)
		}
	}
}

func TestApplicationsAndHostsInBrooklynsWords(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"submitted": "created", "starting": "starting", "running": "running",
		"unhealthy": "on-fire", "failed": "on-fire", "stopping": "stopping"} {
		if got := service.OfApplication(state, true).State; got != want {
			t.Errorf("application %s: %s, want %s", state, got, want)
		}
	}
	for state, want := range map[string]string{"requested": "created", "provisioning": "starting", "ready": "running",
		"suspect": "on-fire", "lost": "on-fire", "draining": "stopping", "gone": "stopped"} {
		if got := service.OfHost(state).State; got != want {
			t.Errorf("host %s: %s, want %s", state, got, want)
		}
	}
}
