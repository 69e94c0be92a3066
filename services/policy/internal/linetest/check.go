package linetest

import (
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// once are the facts that may be stated once about a generation.
var once = map[string]bool{"container.requested": true, "container.cleared": true, "container.started": true,
	"container.withdrawn": true, "container.removed": true, "container.gone": true, "container.finished": true}

// wayBack are the facts that may follow the withdrawal of a generation.
var wayBack = map[string]bool{"container.removed": true, "container.gone": true}

// needs is what must have been stated about a generation before.
var needs = map[string]string{"container.cleared": "container.requested", "container.started": "container.cleared",
	"container.healthy": "container.started", "container.gone": "container.withdrawn", "container.removed": "container.withdrawn"}

// Story finds the first thing in a list of stated events that must not be: a fact stated twice, one before its cause,
// one about a withdrawn generation, a generation that does not grow, an operation finished twice. Nil when all is well.
func Story(list []events.Event) error {
	said := map[string]int{}
	latest := map[clocker.Key]int64{}
	for n, e := range list {
		if f, ok := e.(events.OperationFinished); ok {
			if said[f.Operation]++; said[f.Operation] > 1 {
				return fmt.Errorf("event %d finishes operation %s again", n, f.Operation)
			}
		}
		c, ok := events.ContainerOf(e)
		if !ok {
			continue
		}
		topic := e.Topic()
		at := func(topic string) string { return fmt.Sprintf("%s %s", topic, c.EngineName()) }
		switch {
		case once[topic] && said[at(topic)] > 0:
			return fmt.Errorf("event %d states %s again", n, at(topic))
		case needs[topic] != "" && said[at(needs[topic])] == 0:
			return fmt.Errorf("event %d states %s before %s", n, at(topic), needs[topic])
		case said[at("container.withdrawn")] > 0 && !wayBack[topic]:
			return fmt.Errorf("event %d states %s after its withdrawal", n, at(topic))
		case topic == "container.requested" && c.Generation <= latest[c.Key()]:
			return fmt.Errorf("event %d requests generation %d after %d of %s", n, c.Generation, latest[c.Key()], c.Path())
		}
		said[at(topic)]++
		latest[c.Key()] = max(latest[c.Key()], c.Generation)
	}
	return nil
}
