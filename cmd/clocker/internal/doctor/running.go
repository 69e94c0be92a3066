package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The thresholds of the alarms in deploy/observability, but for what needs time to tell.
const (
	lagFault    = 10000
	behindFault = 1000
	outboxFault = 30 // seconds

	certFault   = 7 * 24 * time.Hour
	certWarning = 30 * 24 * time.Hour
)

// answers says that a Clocker answers that takes us in.
func (a API) answers() bool { return a.Trouble == "" }

func judgeAPI(f Facts) []Finding {
	a := f.API
	switch {
	case a.Trouble != "":
		return []Finding{apiTrouble(f)}
	}
	out := []Finding{fine("api", "Clocker answers at %s, installation %s", a.Base, a.Installation)}
	if a.Version != a.CLIVersion || (a.Revision != "" && a.CLIRevision != "" && a.Revision != a.CLIRevision) {
		out = append(out, warning("version", fmt.Sprintf("this command is version %s, and the Clocker that answers is %s",
			versionOf(a.CLIVersion, a.CLIRevision), versionOf(a.Version, a.Revision)),
			"after an upgrade start Clocker again: clocker down, then clocker up --detach; containers go on"))
	} else {
		out = append(out, fine("version", "this command and Clocker are of one version, %s", versionOf(a.Version, a.Revision)))
	}
	if f.Lock.Held && f.Data.Installation != "" && f.Data.Installation != a.Installation {
		out = append(out, warning("api-other", fmt.Sprintf("what answers at %s is installation %s, and that of %s is %s", a.Base, a.Installation, f.Data.Dir,
			f.Data.Installation), "--url or CLOCKER_URL names another one than CLOCKER_DATA: name one of them"))
	}
	return out
}

func versionOf(version, revision string) string {
	if len(revision) >= 12 {
		return version + " " + revision[:12]
	}
	return version
}

func apiTrouble(f Facts) Finding {
	a := f.API
	switch {
	case a.Trouble == Unasked:
		return fault("api-unasked", "the API was not asked: "+a.Reason, "run this as the account that runs Clocker, or set CLOCKER_TOKEN")
	case a.Trouble == Denied:
		return fault("api-token", fmt.Sprintf("Clocker at %s refuses the token from %s: %s", a.Base, a.Token, a.Reason),
			"on the machine and as the account that runs it the CLI finds its token by itself: unset CLOCKER_TOKEN, or set CLOCKER_DATA to its data directory",
			"elsewhere an admin makes you one: clocker token create NAME --role deployer, then CLOCKER_TOKEN=...")
	case a.Trouble == Untrusted:
		return fault("api-untrusted", fmt.Sprintf("the certificate of the API at %s cannot be trusted: %s", a.Base, a.Reason),
			"name the authority that signed it, ca.pem of the installation: --ca FILE or CLOCKER_CA", "and use a name that is in it: --url or CLOCKER_URL")
	case a.Trouble == Silent:
		return fault("api-silent", fmt.Sprintf("something listens at %s and does not answer", a.Base),
			"look at the log of Clocker, and whether its Postgres answers", "start it again: clocker down, then clocker up --detach; containers go on")
	case a.Trouble == Foreign:
		return fault("api-foreign", fmt.Sprintf("what answers at %s is no Clocker: %s", a.Base, a.Reason), "name Clocker's address: --url or CLOCKER_URL")
	case a.Trouble == Refused && !a.Named && !f.Lock.Held:
		return fine("api", "no Clocker runs here; start one with: clocker up --detach")
	case a.Trouble == Refused:
		return fault("api-unreachable", fmt.Sprintf("no Clocker answers at %s: %s", a.Base, a.Reason),
			"start it: clocker up --detach", "or name another address: --url or CLOCKER_URL")
	}
	return fault("api-fails", fmt.Sprintf("Clocker at %s cannot be used: %s", a.Base, a.Reason), "look at the log of Clocker")
}

// judgeServices tells what is not ready.
func judgeServices(f Facts) []Finding {
	a := f.API
	var out []Finding
	for _, c := range a.Checks {
		if !c.Ready {
			out = append(out, fault("not-ready", fmt.Sprintf("%s is not ready: %s", c.Name, c.Reason),
				"look at the log of Clocker for that service", "if it stays: clocker down, then clocker up --detach; containers go on"))
		}
	}
	if len(out) == 0 && len(a.Checks) > 0 {
		out = append(out, fine("ready", "all %d checks of Clocker are ready", len(a.Checks)))
	}
	for _, h := range a.Hosts {
		switch h.State {
		case "suspect", "lost":
			out = append(out, fault("host", fmt.Sprintf("host %s is %s: %s", h.Name, h.State, h.Reason), "see whether its machine, its agent and its Engine run"))
		default:
			out = append(out, fine("host", "host %s is %s (Engine %s)", h.Name, h.State, h.Engine))
		}
	}
	return out
}

// judgeEvents is about facts on their way.
func judgeEvents(f Facts) []Finding {
	a := f.API
	if !a.answers() {
		return nil
	}
	var out []Finding
	if n := len(a.Letters); n > 0 {
		out = append(out, fault("dead-letters", fmt.Sprintf("%d event(s) could not be handled and are set aside: %s", n, list(a.Letters[:min(n, 5)])),
			"see why: clocker dead-letters show "+a.Letters[0], "when that is mended: clocker dead-letters retry --all"))
	} else {
		out = append(out, fine("dead-letters", "no event is set aside"))
	}
	for _, consumer := range sorted(a.Lag) {
		if a.Lag[consumer] > lagFault {
			out = append(out, fault("lag", fmt.Sprintf("%s is %.0f events behind", consumer, a.Lag[consumer]),
				"it catches up by itself unless Postgres or the machine is too slow: see clocker events -f, and docs/operations.md"))
		}
	}
	if a.Behind > behindFault {
		out = append(out, fault("stream", fmt.Sprintf("%.0f numbered events are not in the stream of NATS: services do not hear of them", a.Behind),
			"see whether the disk of NATS is full, and the lines of NATS in the log; nothing is lost, Postgres has them"))
	}
	if a.Outbox > outboxFault {
		out = append(out, fault("outbox", fmt.Sprintf("a fact has waited %.0f s for its number: nothing moves", a.Outbox),
			"see the lines of the sequencer in the log, and whether Postgres can write"))
	}
	if len(out) == 1 && a.Lag != nil {
		out = append(out, fine("events", "facts are numbered, in the stream, and heard by %d services", len(a.Lag)))
	}
	return out
}

func judgeCertificates(f Facts) []Finding {
	var out []Finding
	for _, c := range f.Certificates {
		mend := []string{"have a new one signed, and put it in the same file: Clocker reads it by itself"}
		if c.Ours {
			mend = []string{"make new ones: clocker certs rotate; servers read them by themselves"}
		}
		left := c.Until.Sub(f.Now)
		switch {
		case c.Reason != "":
			out = append(out, fault("certificate-bad", fmt.Sprintf("the certificate %s cannot be used: %s", c.Where, c.Reason), mend...))
		case c.From.After(f.Now):
			out = append(out, fault("certificate-early", fmt.Sprintf("the certificate %s is good only from %s on", c.Where, day(c.From)), "see this machine's clock: date"))
		case left <= 0:
			out = append(out, fault("certificate-over", fmt.Sprintf("the certificate %s ended on %s", c.Where, day(c.Until)), mend...))
		case left < certFault:
			out = append(out, fault("certificate-ends", fmt.Sprintf("the certificate %s ends on %s", c.Where, day(c.Until)), mend...))
		case left < certWarning:
			out = append(out, warning("certificate-ends", fmt.Sprintf("the certificate %s ends on %s", c.Where, day(c.Until)), mend...))
		default:
			out = append(out, fine("certificate", "%s is good until %s", c.Where, day(c.Until)))
		}
	}
	return out
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

func sorted(m map[string]float64) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func list[T any](items []T) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = fmt.Sprint(item)
	}
	return strings.Join(out, ", ")
}

// size is bytes for people.
func size(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.4g %s", v, units[i])
}
