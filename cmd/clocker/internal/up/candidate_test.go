package up

import (
	"context"
	"testing"
)

// The services of one process end together, so more than one candidate would only ask the database more often.
func TestOneServiceOfTheProcessIsACandidateForTheSequencer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(limit(t))
	c, ended := serving(ctx, t)
	defer func() { cancel(); <-ended }()
	loops := map[string][]string{}
	for _, s := range c.fleet.services {
		for _, l := range s.Loops {
			loops[l.Name] = append(loops[l.Name], s.Name)
		}
	}
	for _, name := range []string{"sequencer", "retention"} {
		if len(loops[name]) != 1 {
			t.Errorf("the loop %s is run by %v, want one service", name, loops[name])
		}
	}
	if len(loops["floor"]) < 2 {
		t.Errorf("the loop floor is run by %v, want every service with a database", loops["floor"])
	}
}
