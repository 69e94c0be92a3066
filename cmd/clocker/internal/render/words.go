package render

import (
	"cmp"
	"fmt"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Words says what an event is about and what happened, in a few words.
func Words(e events.Event) (about, happened string) {
	if about, happened, ok := containerWords(e); ok {
		return about, happened
	}
	switch e := e.(type) {
	case events.ApplicationSubmitted:
		return e.Application, fmt.Sprintf("submitted: %s", members(e.Entities)) + by(e.By)
	case events.ApplicationHealthy:
		return e.Application, "healthy"
	case events.ApplicationUnhealthy:
		return e.Application, because("no longer healthy", e.Reason)
	case events.EntityResized:
		return e.Application + "/" + e.Entity, fmt.Sprintf("resized from %d to %d", e.From, e.To)
	case events.ApplicationWithdrawn:
		return e.Application, "is being removed"
	case events.ApplicationGone:
		return e.Application, "gone"
	case events.HostNeeded:
		return e.Cloud, because("needs a host", e.Reason)
	case events.HostReady:
		return e.Host, fmt.Sprintf("ready: %s cores, %s, Engine %s", Number(e.Capacity.Cores), Size(e.Capacity.Memory),
			e.Engine.Version)
	case events.HostSuspected:
		return e.Host, because("silent", e.Reason)
	case events.HostCordoned:
		return e.Host, "cordoned" + by(e.By)
	case events.HostUncordoned:
		return e.Host, "takes containers again" + by(e.By)
	case events.HostFailed:
		return e.Cloud, because("cannot have a host", e.Reason)
	case events.CloudCreated:
		return e.Cloud, "made over location " + e.Location + by(e.By)
	case events.CloudChanged:
		return e.Cloud, fmt.Sprintf("set to %d hosts, %d containers on each%s", e.MaxHosts, e.MaxContainers, by(e.By))
	case events.CloudRemoved:
		return e.Cloud, "removed" + by(e.By)
	case events.OrphanCollected:
		return e.Kind + " " + e.Name, "belonged to nothing and was removed"
	case events.ImageCommitted:
		return "image " + e.Key, fmt.Sprintf("made (%s)", Size(e.Size))
	case events.ImageReady:
		return "image " + e.Key, "ready"
	case events.ImageFailed:
		return "image " + e.Key, because("cannot be had", e.Reason)
	case events.OperationRequested:
		return e.Target, e.Kind + " requested" + by(e.By)
	case events.OperationFinished:
		return cmp.Or(e.Application, e.Host, "operation "+e.Operation), because(e.Kind+" "+e.Outcome, e.Reason)
	case events.TokenCreated:
		return "token " + e.Name + "/" + e.Token, "made with the role " + e.Role + by(e.By)
	case events.TokenRevoked:
		return "token " + e.Name + "/" + e.Token, "revoked" + by(e.By)
	case events.DeadLetterAdded:
		return letter(e.Consumer, e.Number), because("set aside, "+e.Of+" cannot be handled", e.Reason)
	case events.DeadLetterSettled:
		return letter(e.Consumer, e.Number), because("settled", e.Outcome) + by(e.By)
	case events.EventsImported:
		return "events", fmt.Sprintf("up to number %d taken over from installation %s", e.Through, e.Installation)
	case events.EventsPruned:
		return "events", fmt.Sprintf("up to number %d no longer kept", e.Through)
	case events.StreamRefilled:
		return "events", because(fmt.Sprintf("stream filled again from number %d", e.From), e.Reason)
	default:
		return e.Topic(), ""
	}
}

func letter(consumer string, number int64) string {
	return fmt.Sprintf("dead letter %s/%d", consumer, number)
}

// by says who asked; what was stated before that was kept does not say it.
func by(who string) string {
	if who == "" {
		return ""
	}
	return " by " + who
}

// contained is every event that embeds a clocker.Container.
type contained interface {
	Path() string
	Key() clocker.Key
}

func containerWords(e events.Event) (about, happened string, ok bool) {
	c, ok := e.(contained)
	if !ok {
		return "", "", false
	}
	switch e := e.(type) {
	case events.ContainerRequested:
		happened = because("requested", e.Reason)
	case events.ContainerWaiting:
		happened = because("waits to "+e.Stage, e.Reason)
	case events.ContainerPlaced:
		happened = "placed on " + e.Host
	case events.ContainerAddressed:
		happened = "has address " + e.Address
	case events.ContainerCleared:
		happened = "cleared to start on " + e.Host
	case events.ContainerRefused:
		happened = because("cannot start on "+e.Host, e.Words())
	case events.ContainerStarted:
		happened = "started on " + e.Host
	case events.ContainerHealthy:
		happened = "healthy"
	case events.ContainerUnhealthy:
		happened = because("unhealthy", e.Reason)
	case events.ContainerRestarted:
		happened = because(fmt.Sprintf("restarted (attempt %d, exit code %d)", e.Attempt, e.ExitCode), e.Reason)
	case events.ContainerFailed:
		happened = because("failed"+exitCode(e.ExitCode), e.Reason)
	case events.ContainerFinished:
		happened = fmt.Sprintf("finished (exit code %d)", e.ExitCode)
	case events.ContainerWithdrawn:
		happened = because("withdrawn", e.Reason)
	case events.ContainerRemoved:
		happened = "removed from " + e.Host
	case events.AddressReleased:
		happened = released(e)
	case events.ContainerReleased:
		happened = "resources released"
	case events.ContainerGone:
		happened = "gone"
	case events.EndpointChanged:
		happened = endpoint(e)
	case events.ExecStarted:
		happened = e.Command + " run in it" + by(e.By)
	case events.ExecEnded:
		happened = execEnded(e) + by(e.By)
	}
	return c.Path(), happened, happened != ""
}

// execEnded has an exit code, or why there is none.
func execEnded(e events.ExecEnded) string {
	if e.Reason != "" {
		return "what was run in it ended: " + e.Reason
	}
	return fmt.Sprintf("what was run in it ended (exit code %d)", e.ExitCode)
}

// exitCode is left out when it is 0: a container that never ran has none.
func exitCode(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (exit code %d)", n)
}

func released(e events.AddressReleased) string {
	switch {
	case e.Address == "":
		return "had no address to release"
	case e.Kept:
		return "keeps address " + e.Address
	default:
		return "address " + e.Address + " released"
	}
}

func endpoint(e events.EndpointChanged) string {
	if e.Healthy {
		return e.Address + " answers on " + e.Host
	}
	return e.Address + " does not answer"
}

func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

func members(entities []events.SubmittedEntity) string {
	var out []string
	for _, e := range entities {
		out = append(out, fmt.Sprintf("%s ×%d", e.Entity, e.Size))
	}
	return strings.Join(out, ", ")
}
