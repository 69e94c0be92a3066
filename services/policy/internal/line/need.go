package line

import (
	"slices"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// Needs says what is missing. Whether an entity is up needs nothing: one member that is not is always at hand.
func (l *Line) Needs() rows.Need {
	var n rows.Need
	seen := map[string]bool{}
	for _, c := range l.held() {
		if seen[c.Entity] {
			continue
		}
		seen[c.Entity] = true
		e, _ := l.app.Spec.Entity(c.Entity)
		n.Catalog = n.Catalog || l.app.Images[e.Image.Key()] == nil
		for _, r := range want.Refs(e) {
			if r.Sensor != clocker.SensorIsUp && r.Sensor != clocker.SensorState {
				n.Entities = append(n.Entities, r.Entity)
			}
		}
	}
	slices.Sort(n.Entities)
	n.Entities = slices.Compact(n.Entities)
	for _, e := range n.Entities {
		for _, c := range l.app.Members(e) {
			if _, known := l.app.Hosts[c.Host]; c.Wanted && c.Host != "" && !known && !slices.Contains(n.Hosts, c.Host) {
				n.Hosts = append(n.Hosts, c.Host)
			}
		}
	}
	return l.app.Lacks(n)
}
