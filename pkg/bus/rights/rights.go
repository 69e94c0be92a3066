package rights

import (
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

const (
	jetStream = "$JS.API."
	ack       = "$JS.ACK."
	inbox     = "_INBOX."
)

// Rights is what a user may do; whatever is not in it is refused.
type Rights struct {
	Publish   []string // subjects and patterns
	Subscribe []string
	// Candidate says that the user's process has a database and so may come to publish events, as the user sequencer.
	Candidate bool
	// Answer allows answers to requests that the user received, on the subject that each of them names.
	Answer bool
}

// Of gives the rights of a user; false says that there is no such user.
func Of(user string) (Rights, bool) {
	var r Rights
	if kind, host, ok := ofAHost(user); ok {
		r = ofHost(host)
		if kind == kindDNS {
			r = ofDNS(host)
		}
	} else {
		i := slices.IndexFunc(table(), func(w row) bool { return w.user == user })
		if i < 0 {
			return Rights{}, false
		}
		r = table()[i].rights()
	}
	if user != Auditor {
		r.Subscribe = append(r.Subscribe, Inbox(user)+".>")
	}
	return r, true
}

// Users are all users of an installation with these hosts.
func Users(hosts ...string) []string {
	var out []string
	for _, w := range table() {
		out = append(out, w.user)
	}
	for _, h := range hosts {
		out = append(out, HostUser(h), DNSUser(h))
	}
	return out
}

// HostUser is the user of a host's agent.
func HostUser(host string) string { return kindHost + "-" + host }

// DNSUser is the user of a host's dns.
func DNSUser(host string) string { return kindDNS + "-" + host }

func ofAHost(user string) (kind, host string, ok bool) {
	kind, host, ok = strings.Cut(user, "-")
	return kind, host, ok && (kind == kindHost || kind == kindDNS) && clocker.ValidID(host)
}

// Inbox is where answers to a user's requests go. Nobody subscribes to another's; only those whom a user asks may
// publish there.
func Inbox(user string) string {
	if kind, host, ok := ofAHost(user); ok {
		return inbox + kind + "." + host
	}
	return inbox + user
}

// IsInbox says whether a subject is in somebody's inbox.
func IsInbox(subject string) bool { return strings.HasPrefix(subject, inbox) }

// rights spells a row out.
func (w row) rights() Rights {
	r := Rights{Publish: slices.Clone(w.publish), Subscribe: slices.Clone(w.subscribe), Candidate: w.consumes}
	for _, kind := range w.answers {
		r.Publish = append(r.Publish, inbox+kind+".*.>")
	}
	if !w.consumes {
		return r
	}
	r.Publish = append(r.Publish, clocker.SubjectPokeOutbox,
		Inbox("api")+".>", // which asks everybody about dead letters, itself as well
		jetStream+"CONSUMER.CREATE."+events.Stream+"."+w.user,
		jetStream+"CONSUMER.INFO."+events.Stream+"."+w.user,
		jetStream+"CONSUMER.MSG.NEXT."+events.Stream+"."+w.user,
		ack+events.Stream+"."+w.user+".>")
	r.Subscribe = append(r.Subscribe, clocker.SubjectNudge+w.user, clocker.SubjectLetter+w.user)
	return r
}
