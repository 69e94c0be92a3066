package life

import "clocker.io/pkg/clocker"

// Host is what the life of a host depends on.
type Host struct {
	State  clocker.HostState
	Epoch  int64  // grows with each registration; 0 before the first
	Reason string // why it is not ready; empty when it is
}

// Kind says what happened to a host.
type Kind string

// What may happen to a host.
const (
	Registered Kind = "registered" // its agent asked to join, now or again
	Reconciled Kind = "reconciled" // its agent has applied the snapshot of Event.Epoch
	Failing    Kind = "failing"    // its agent is silent, or says that the Engine is
	Returned   Kind = "returned"   // its agent and Engine answer again
)

// Event is something that happened to a host; Epoch is the one that the agent named, for all but Registered.
type Event struct {
	Kind   Kind
	Epoch  int64
	Reason string
}

// Outcome says which fact a change is to state.
type Outcome int

// The outcomes of [Host.Next].
const (
	Nothing   Outcome = iota // no fact; the host may have changed all the same
	Ready                    // HostReady
	Suspected                // HostSuspected
)

// Next is the host after an event. What is about another epoch than the present one changes nothing.
func (h Host) Next(e Event) (Host, Outcome) {
	if e.Kind == Registered {
		return h.register(e)
	}
	if e.Epoch != h.Epoch {
		return h, Nothing
	}
	switch {
	case h.State == clocker.HostProvisioning && e.Kind == Reconciled,
		h.State == clocker.HostSuspect && (e.Kind == Reconciled || e.Kind == Returned):
		return Host{State: clocker.HostReadyState, Epoch: h.Epoch}, Ready
	case h.State == clocker.HostReadyState && e.Kind == Failing:
		return Host{State: clocker.HostSuspect, Epoch: h.Epoch, Reason: e.Reason}, Suspected
	case h.State == clocker.HostSuspect && e.Kind == Failing:
		h.Reason = e.Reason // still suspect; what users read may have changed
	}
	return h, Nothing
}

// register starts a new epoch. A host that was ready takes no placements until its agent has reconciled.
func (h Host) register(e Event) (Host, Outcome) {
	switch h.State {
	case clocker.HostRequested, clocker.HostProvisioning, clocker.HostReadyState, clocker.HostSuspect:
	default:
		return h, Nothing
	}
	outcome := Nothing
	if h.State == clocker.HostReadyState {
		outcome = Suspected
	}
	return Host{State: clocker.HostProvisioning, Epoch: h.Epoch + 1, Reason: e.Reason}, outcome
}
