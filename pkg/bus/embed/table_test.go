package embed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// hosts are two, so that each can be tried as the other.
var hosts = []string{"web", "store"}

// Every user of the table tries, with nothing but its credentials file, every subject that anybody in the table has, the
// inboxes of all, the whole API of JetStream about the stream and about everybody's consumer, and patterns over all of
// them. What is not its own is refused by a real server; what is its own is not.
func TestEachCredentialReachesItsOwnSubjectsAndNoOthers(t *testing.T) {
	t.Parallel()
	s := started(t, nil)
	users := rights.Users(hosts...)
	tried := universe(users)
	for _, user := range users {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			r, ok := rights.Of(user)
			if !ok {
				t.Fatal("it has no rights")
			}
			nc := s.plain(t, access.File(s.auth, user))
			accepted := 0
			for _, subject := range tried {
				may := covered(r.Subscribe, subject)
				if got := subscribes(t, nc, subject); got != may {
					t.Errorf("subscribe to %s: accepted %v, want %v", subject, got, may)
				}
				if may {
					accepted++
				}
				if strings.ContainsAny(subject, "*>") {
					continue // nobody publishes on a pattern
				}
				may = covered(r.Publish, subject)
				if got := publishes(t, nc, subject); got != may {
					t.Errorf("publish on %s: accepted %v, want %v", subject, got, may)
				}
				if may {
					accepted++
				}
			}
			if accepted < len(r.Publish)+len(r.Subscribe) {
				t.Errorf("only %d of its own %d subjects were tried", accepted, len(r.Publish)+len(r.Subscribe))
			}
		})
	}
	if len(tried) < 100 {
		t.Errorf("only %d subjects were tried", len(tried))
	}
}

// What the table gives is spelled out once more, by kind: a right that slips into it is seen although the server would
// grant it.
func TestNobodyReachesWhatBelongsToAnother(t *testing.T) {
	t.Parallel()
	for _, user := range rights.Users(hosts...) {
		r, _ := rights.Of(user)
		for _, other := range rights.Users(hosts...) {
			if other == user {
				continue
			}
			if covered(r.Subscribe, rights.Inbox(other)+".x") {
				t.Errorf("%s may read the inbox of %s", user, other)
			}
			for _, verb := range consumerVerbs {
				if covered(r.Publish, "$JS.API."+verb+"."+events.Stream+"."+other) {
					t.Errorf("%s may %s of %s", user, verb, other)
				}
			}
			if covered(r.Publish, "$JS.ACK."+events.Stream+"."+other+".1.2.3.4.5") {
				t.Errorf("%s may acknowledge for %s", user, other)
			}
			if covered(r.Subscribe, "clocker.nudge."+other) || covered(r.Subscribe, "clocker.letter."+other) {
				t.Errorf("%s hears what is meant for %s", user, other)
			}
		}
		for _, verb := range streamVerbs {
			if subject := "$JS.API." + verb + "." + events.Stream; covered(r.Publish, subject) && user != rights.Sequencer {
				t.Errorf("%s may use %s", user, subject)
			}
		}
	}
	for i, host := range hosts {
		other := hosts[1-i]
		for _, user := range []string{rights.HostUser(host), rights.DNSUser(host)} {
			r, _ := rights.Of(user)
			for _, kind := range []string{"want", "net", "do", "fact", "ask", "beat"} {
				for _, subject := range []string{"clocker." + kind + "." + other, "clocker." + kind + "." + other + ".logs"} {
					if covered(r.Publish, subject) || covered(r.Subscribe, subject) {
						t.Errorf("%s may use %s", user, subject)
					}
				}
			}
		}
	}
}

func TestNothingIsSentBelowAPattern(t *testing.T) {
	t.Parallel()
	var heard, sent []string
	for _, user := range rights.Users(hosts...) {
		r, _ := rights.Of(user)
		heard, sent = append(heard, r.Subscribe...), append(sent, r.Publish...)
	}
	patterns := 0
	for _, pattern := range heard {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			patterns++
			for _, subject := range sent {
				if rest, below := strings.CutPrefix(subject, prefix); below && (strings.Contains(rest, ".") || rest == ">") {
					t.Errorf("%s would be heard by whoever has %s", subject, pattern)
				}
			}
		}
	}
	if patterns == 0 {
		t.Error("no pattern was looked at")
	}
}

var streamVerbs = []string{
	"STREAM.CREATE", "STREAM.UPDATE", "STREAM.DELETE", "STREAM.INFO", "STREAM.PURGE", "STREAM.SNAPSHOT", "STREAM.RESTORE",
	"STREAM.MSG.GET", "STREAM.MSG.DELETE", "STREAM.PEER.REMOVE", "STREAM.LEADER.STEPDOWN", "DIRECT.GET", "CONSUMER.NAMES",
	"CONSUMER.LIST",
}

var consumerVerbs = []string{
	"CONSUMER.CREATE", "CONSUMER.DURABLE.CREATE", "CONSUMER.DELETE", "CONSUMER.INFO", "CONSUMER.MSG.NEXT",
	"CONSUMER.LEADER.STEPDOWN", "CONSUMER.PAUSE", "CONSUMER.UNPIN", "CONSUMER.RESET",
}

// universe is every subject worth trying.
func universe(users []string) []string {
	out := []string{
		">", "*", "*.>", "clocker.>", "clocker.*.*", "clocker.evt.>", "clocker.evt.container.placed.shop.web.0", "clocker.want.*", "clocker.fact.*",
		"clocker.do.*.*", "clocker.do.*.logs", "clocker.ask.>", "clocker.nudge.>", "clocker.letter.*", "clocker.poke.>", "clocker.other", "_INBOX.>",
		"_INBOX.*.>", "_INBOX.host.>", "_INBOX.host.*.>", "_INBOX.x", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.API.INFO", "$JS.API.STREAM.LIST",
		"$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.OTHER", "$JS.API.ACCOUNT.PURGE.CLOCKER", "$JS.EVENT.ADVISORY.>", "$JS.FC.x", "$SYS.>",
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO", "$SRV.PING", "$KV.x.y", "$O.x", "other",
	}
	for _, verb := range streamVerbs {
		out = append(out, "$JS.API."+verb+"."+events.Stream, "$JS.API."+verb+"."+events.Stream+".clocker.evt.>")
	}
	for _, user := range append(users, "new") {
		for _, verb := range consumerVerbs {
			out = append(out, "$JS.API."+verb+"."+events.Stream+"."+user)
		}
		out = append(out, "$JS.API.CONSUMER.CREATE."+events.Stream+"."+user+".clocker.evt.host.needed.x",
			"$JS.ACK."+events.Stream+"."+user+".1.2.3.4.5", rights.Inbox(user)+".x", rights.Inbox(user)+".>")
		r, _ := rights.Of(user)
		for _, pattern := range append(r.Publish, r.Subscribe...) {
			out = append(out, pattern)
			for _, word := range append(slices.Clone(hosts), "other") {
				out = append(out, strings.ReplaceAll(strings.ReplaceAll(pattern, "*", word), ">", word))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covered says whether one of the patterns takes every subject that subject stands for.
func covered(patterns []string, subject string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return covers(strings.Split(p, "."), strings.Split(subject, ".")) })
}

func covers(pattern, subject []string) bool {
	for i, word := range pattern {
		switch {
		case word == ">":
			return len(subject) > i
		case i >= len(subject):
			return false
		case subject[i] == ">":
			// The server takes a subscription to a.> for one to a word of a.*, so whoever has a.* hears everything below a.
			// TestNothingIsSentBelowAPattern sees to it that this is no more than a.*.
			return word == "*" && i == len(pattern)-1
		case word != "*" && word != subject[i]:
			return false
		}
	}
	return len(subject) == len(pattern)
}

// publishes says whether the server took a message. It refuses before it answers the ping of Flush.
func publishes(t *testing.T, nc *nats.Conn, subject string) bool {
	t.Helper()
	if err := nc.Publish(subject, nil); err != nil {
		t.Fatalf("publish on %s: %v", subject, err)
	}
	return !refused(t, nc, "Publish", subject)
}

func subscribes(t *testing.T, nc *nats.Conn, subject string) bool {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		t.Fatalf("subscribe to %s: %v", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	return !refused(t, nc, "Subscription", subject)
}

func refused(t *testing.T, nc *nats.Conn, what, subject string) bool {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatalf("after %s on %s: %v", what, subject, err)
	}
	err := nc.LastError()
	return err != nil && strings.Contains(err.Error(), fmt.Sprintf("Permissions Violation for %s to %q", what, subject))
}
