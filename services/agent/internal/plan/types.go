package plan

import (
	"reflect"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
)

// ID names one generation of a container on this host: uid/entity/ordinal@generation.
func ID(k clocker.Key, generation int64) string {
	return k.String() + "@" + strconv.FormatInt(generation, 10)
}

// Status is what the Engine says of a container, as far as it matters here.
type Status string

// The states of a container in the Engine.
const (
	Created  Status = "created"  // made, never started
	Running  Status = "running"  // a paused one too: whoever paused it has a reason
	Exited   Status = "exited"   // ran and ended
	Removing Status = "removing" // on its way out of the Engine
)

// Observed is a container as the Engine shows it.
type Observed struct {
	EngineID   string
	Name       string
	Ours       bool   // carries this installation's label
	Other      string // the installation that its label names when it is not this one; empty for what is no Clocker's
	ID         string // from its labels; empty when they name no container
	Status     Status
	StartedAt  time.Time // of the last run; zero when it never ran
	FinishedAt time.Time // of the last run; zero when it never ended
	ExitCode   int
	OOM        bool
}

// Ended says that a generation is over for good, though its container may still be there to look at.
type Ended string

// How a generation ends.
const (
	EndedFailed   Ended = "failed"
	EndedFinished Ended = "finished"
)

// Health is what was found out about a run; empty means nothing yet.
type Health string

// What a probe can say.
const (
	Healthy   Health = "healthy"
	Unhealthy Health = "unhealthy"
)

// Verdict is what the probe of one run says now.
type Verdict struct {
	StartedAt time.Time // of the run
	Health    Health
	Reason    string // why it is unhealthy
}

// Ledger is what the agent remembers of one generation, on disk. Each run is reported once and each end of a run is
// counted once: StartedAt and Exit name the last ones that were dealt with.
type Ledger struct {
	EngineID  string    `json:"engineId,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"` // start of the last run that was reported
	Exit      time.Time `json:"exit,omitzero"`      // end of the last run that was counted
	// Over says that the end of the reported run was counted. The times cannot tell: the Engine notes the start of a
	// very short run after its end.
	Over      bool      `json:"over,omitempty"`
	Attempt   int       `json:"attempt,omitempty"`  // restarts in place so far
	Spent     int       `json:"spent,omitempty"`    // of the budget, since the last long run
	NextStart time.Time `json:"nextStart,omitzero"` // not before
	ExitCode  int       `json:"exitCode,omitempty"` // of the end that was counted last
	Reason    string    `json:"reason,omitempty"`   // of the end that was counted last
	// Refused says that the last thing to be counted was no end of a run, but an attempt that came to nothing.
	Refused   bool      `json:"refused,omitempty"`
	Health    Health    `json:"health,omitempty"` // of the present run, as last reported
	Ended     Ended     `json:"ended,omitempty"`
	RemovedAt time.Time `json:"removedAt,omitzero"` // when the removal was last reported
	Epoch     int64     `json:"epoch,omitempty"`    // in which its state was last reported
	// Held are the host ports that other programs have, when that is the reason.
	Held []clocker.HostPort `json:"held,omitempty"`
}

// Equal reports whether two ledgers say the same.
func (l Ledger) Equal(other Ledger) bool { return reflect.DeepEqual(l, other) }

// Readiness of the network that a container attaches to.
type Readiness string

// A network that is not in the Engine yet holds the starts of its containers back, and one that is not even described their
// creation; one that cannot be made spends their budget.
const (
	NetworkReady   Readiness = "ready"
	NetworkComing  Readiness = "coming" // it is being made: an Engine asks for a container's network when it starts it
	NetworkPending Readiness = "pending"
	NetworkBroken  Readiness = "broken"
)

// Gate says whether a container may be created (its network is ready or coming) and started (its network is ready, and its
// address's endpoint names this host and generation).
type Gate struct {
	Network Readiness
	Open    bool
	Reason  string // why not
}

// Watch says since when the agent sees what the Engine does. Lost is when it lost sight of it before that, while the
// agent itself was up; zero in the agent's first session.
type Watch struct {
	Since time.Time
	Lost  time.Time
}

// Limits are the settings of restarts in place.
type Limits struct {
	Unit   time.Duration // first wait of the backoff, which doubles
	Max    time.Duration // longest wait
	Stable time.Duration // a run longer than this gives the budget back
	Repeat time.Duration // a removal that is still asked for is reported again after this
}

// Input is everything a decision depends on.
type Input struct {
	ID         string
	Assignment *clocker.Assignment // nil when none is known
	Refusal    string              // why admission refuses the assignment; empty when it does not
	Observed   *Observed           // who has the name in the Engine; nil when nobody
	Condemned  string              // Engine id that a complete snapshot of the current epoch lacks; empty when none
	Epoch      int64               // the host's present one
	Settled    bool                // a complete snapshot of the current epoch is applied
	Holder     bool                // Observed is another generation or container that is assigned here too
	Ledger     Ledger
	Gate       Gate
	Verdict    Verdict
	Watch      Watch
	Now        time.Time
	Limits     Limits
}

// Do is the one action of a step.
type Do string

// The actions. Wait does nothing until a time or, when that is zero, until something changes.
const (
	Nothing Do = "nothing"
	Create  Do = "create"
	Start   Do = "start"
	Stop    Do = "stop"
	Remove  Do = "remove"
	Wait    Do = "wait"
)

// Step is a decision: remember Ledger and report Facts first, then do it, then report Then.
type Step struct {
	Do     Do
	Target string // Engine id, for Start, Stop and Remove
	Until  time.Time
	Reason string // why it waits, stops or removes
	Ledger Ledger
	Forget bool // nothing is left of this generation: drop its ledger
	Facts  []clocker.Fact
	Then   []clocker.Fact
}
