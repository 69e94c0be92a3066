package keep

import (
	"fmt"

	"clocker.io/services/policy/internal/rows"
)

// Health says whether an application with these wanted containers is healthy, and if not, why: the first container that
// was given up, else the first that is not up.
func Health(wanted []*rows.Container) (healthy bool, reason string) {
	var first *rows.Container
	for _, c := range wanted {
		if c.GivenUp() {
			return false, Describe(c)
		}
		if first == nil && !c.Up() {
			first = c
		}
	}
	if first == nil {
		return true, ""
	}
	return false, Describe(first)
}

// Broken is the first of these containers that was given up, in words; empty when none was.
func Broken(wanted []*rows.Container) string {
	for _, c := range wanted {
		if c.GivenUp() {
			return Describe(c)
		}
	}
	return ""
}

// Describe says in words how a container is, shop/web/0 is unhealthy: its probe fails.
func Describe(c *rows.Container) string {
	if c.Reason == "" {
		return fmt.Sprintf("%s is %s", c.Path(), c.Phase)
	}
	return fmt.Sprintf("%s is %s: %s", c.Path(), c.Phase, c.Reason)
}
