package rows

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Phase is how far the current generation of a container has come, as far as policy knows.
type Phase string

// The phases, in the order of the line.
const (
	Queued    Phase = "queued"    // wanted, not yet in the line
	Requested Phase = "requested" // ContainerRequested is stated
	Addressed Phase = "addressed" // placed and addressed; held back by an image, a latch or a value
	Cleared   Phase = "cleared"   // its assignment is written
	Started   Phase = "started"   // runs, not yet healthy
	Healthy   Phase = "healthy"
	Unhealthy Phase = "unhealthy" // was healthy, and no longer answers or runs
	Failed    Phase = "failed"    // see Cause
	Finished  Phase = "finished"  // ended, and its restart policy leaves it at that
	Gone      Phase = "gone"      // not wanted any more; the row remembers the floor
)

// Cause says why a container is failed.
type Cause string

// The causes. All but CauseAgent are for good: the container stays failed until somebody acts, or, for CauseImage,
// until its image is ready after all.
const (
	CauseAgent   Cause = "agent"   // the budget in place is spent; keep has yet to decide
	CauseSpent   Cause = "spent"   // and so are the replacements
	CauseImage   Cause = "image"   // its image cannot be had
	CauseRefused Cause = "refused" // admission refuses it, or a value cannot be computed
)

// Container is a container's identity and its current generation. The generation of a wanted container is always one
// above its floor, the highest generation withdrawn: generations of an identity never start again.
type Container struct {
	clocker.Container
	Wanted bool
	Phase  Phase
	Floor  int64
	Why    string // reason of the current generation: initial, resized, failed, restart

	Host    string // where it is placed, or where a replacement must go
	Network string
	Address string // known for life once it is known
	MAC     string
	DNS     []string
	Ports   []clocker.PortBinding

	Reason   string // what holds it back, or what is wrong with it
	Cause    Cause
	Attempt  int
	ExitCode int
	EngineID string

	Replaced  []time.Time // when keep replaced it, oldest first
	StartedAt time.Time   // of this generation; zero before
	Since     time.Time   // when Phase began
	Ended     bool        // an earlier life of this identity is still on the way back, and this one waits for its end
	Dirty     bool        // differs from what is stored
}

// Enter moves a container to a phase. The reason of the phase before does not outlive it.
func (c *Container) Enter(p Phase, now time.Time) {
	c.Phase, c.Since, c.Reason, c.Cause, c.Dirty = p, now, "", "", true
}

// Renew makes c the next generation, to be requested. What belonged to the old one is forgotten; the address, which is
// for life, and the host, which a replacement asks for, are not.
func (c *Container) Renew(why string, now time.Time) {
	c.Generation = c.Floor + 1
	c.Wanted, c.Why = true, why
	c.Attempt, c.ExitCode, c.EngineID, c.StartedAt = 0, 0, "", time.Time{}
	c.DNS, c.Ports = nil, nil
	c.Enter(Queued, now)
}

// Next reports whether c may enter the line.
func (c *Container) Next() bool { return c.Wanted && c.Phase == Queued && !c.Ended }

// InLine reports whether c takes one of its application's places in the line. One that is held back does not, at place
// or at clear: others pass it, else those it waits for might never get a place.
func (c *Container) InLine() bool {
	return c.Wanted && (c.Phase == Requested && c.Reason == "" || c.Phase == Cleared)
}

// Up reports whether c is as it should be for its application to be healthy: healthy, or ended well for good.
func (c *Container) Up() bool {
	return c.Phase == Healthy || c.Phase == Finished && c.ExitCode == 0
}

// GivenUp reports whether c will not become healthy unless somebody acts.
func (c *Container) GivenUp() bool {
	return c.Phase == Failed && c.Cause != CauseAgent || c.Phase == Finished && c.ExitCode != 0
}
