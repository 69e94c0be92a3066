package service

// Values of service.state, as Brooklyn writes them.
const (
	Created  = "created"
	Starting = "starting"
	Running  = "running"
	OnFire   = "on-fire"
	Stopping = "stopping"
	Stopped  = "stopped"
)

// State is how a thing does, and whether it does its work.
type State struct {
	State string
	Up    bool
}

// OfContainer is how a container does by its state in the line and, once it has ended, its exit code.
func OfContainer(state string, exitCode int) State {
	switch state {
	case "submitted", "queued":
		return State{Created, false}
	case "healthy":
		return State{Running, true}
	case "unhealthy", "failed":
		return State{OnFire, false}
	case "finished":
		if exitCode != 0 {
			return State{OnFire, false}
		}
		return State{Stopped, false}
	case "withdrawn":
		return State{Stopping, false}
	case "removed":
		return State{Stopped, false}
	default: // requested, addressed, cleared, started
		return State{Starting, false}
	}
}

// OfEntity is how an entity of a wanted size does by how its containers do. As for latches, it is up when every member that is
// wanted is; an entity of no members lacks none. going says that its application is being deleted.
func OfEntity(size int, containers []State, going bool) State {
	seen, healthy := map[string]int{}, 0
	for _, c := range containers {
		seen[c.State]++
		if c.Up {
			healthy++
		}
	}
	up := healthy >= size
	switch {
	case going:
		return State{Stopping, up && size > 0}
	case up:
		return State{Running, true}
	case seen[OnFire] > 0:
		return State{OnFire, false}
	case seen[Stopped] > 0 && seen[Stopped] == len(containers):
		return State{Stopped, false}
	case seen[Created] == len(containers):
		return State{Created, false}
	default:
		return State{Starting, false}
	}
}

// OfApplication is how an application does by its state.
func OfApplication(state string, healthy bool) State {
	switch state {
	case "submitted":
		return State{Created, false}
	case "running":
		return State{Running, healthy}
	case "failed", "unhealthy":
		return State{OnFire, false}
	case "stopping":
		return State{Stopping, false}
	default:
		return State{Starting, false}
	}
}

// OfHost is how a host does by its state.
func OfHost(state string) State {
	switch state {
	case "requested":
		return State{Created, false}
	case "ready":
		return State{Running, true}
	case "suspect", "lost":
		return State{OnFire, false}
	case "draining":
		return State{Stopping, false}
	case "gone":
		return State{Stopped, false}
	default: // provisioning
		return State{Starting, false}
	}
}
