package rights_test

import (
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/events"
)

func TestEveryServiceOfTheLineConsumesAsItself(t *testing.T) {
	t.Parallel()
	for _, step := range events.Flow() {
		r, ok := rights.Of(step.Service)
		want := "$JS.API.CONSUMER.MSG.NEXT." + events.Stream + "." + step.Service
		if !ok || len(step.On) > 0 && !slices.Contains(r.Publish, want) {
			t.Errorf("%s may not pull its events: %v", step.Service, r)
		}
	}
}

func TestOnlyTheSequencerPublishesEventsAndNobodyHasAllSubjects(t *testing.T) {
	t.Parallel()
	for _, user := range rights.Users("web") {
		r, ok := rights.Of(user)
		if !ok {
			t.Errorf("%s has no rights", user)
		}
		for _, s := range append(r.Publish, r.Subscribe...) {
			if first, _, _ := strings.Cut(s, "."); strings.ContainsAny(first, "*>") {
				t.Errorf("%s may use %s", user, s)
			}
		}
		for _, s := range r.Publish {
			if strings.HasPrefix(s, events.SubjectRoot) && user != rights.Sequencer {
				t.Errorf("%s may publish %s", user, s)
			}
		}
	}
}

func TestAHostsUsersHaveNoWordForAnotherHostAndNoPartInJetStream(t *testing.T) {
	t.Parallel()
	for _, user := range []string{rights.HostUser("web"), rights.DNSUser("web")} {
		r, _ := rights.Of(user)
		if len(r.Publish) == 0 || len(r.Subscribe) == 0 {
			t.Errorf("%s may do nothing: %v", user, r)
		}
		for _, s := range append(r.Publish, r.Subscribe...) {
			if strings.HasPrefix(s, "$") || !slices.Contains(strings.Split(s, "."), "web") || strings.Contains(s, "*") {
				t.Errorf("%s may use %s", user, s)
			}
		}
	}
}

func TestWhoIsNotInTheTableHasNoRights(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"", "control", "host-", "host-a.b", "host-*", "dns->", "agent-web"} {
		if r, ok := rights.Of(user); ok {
			t.Errorf("%q has %v", user, r)
		}
	}
}
