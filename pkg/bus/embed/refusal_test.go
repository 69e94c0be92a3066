package embed_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// lines is a log that a test waits on.
type lines struct {
	slog.Handler
	out chan string
}

func (l lines) Enabled(context.Context, slog.Level) bool { return true }

func (l lines) Handle(_ context.Context, r slog.Record) error {
	text := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	l.out <- text
	return nil
}

// until waits for a line that has all words, and gives what came before it.
func (l lines) until(t *testing.T, words ...string) (before []string) {
	t.Helper()
	end := time.After(2 * time.Minute)
	for {
		select {
		case line := <-l.out:
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return before
			}
			before = append(before, line)
		case <-end:
			t.Fatalf("no line with %q; there was %q", words, before)
		}
	}
}

// counted gives the samples of a counter by the values of their labels.
func counted(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var key []string
			for _, l := range m.GetLabel() {
				key = append(key, l.GetValue())
			}
			out[strings.Join(key, " ")] = m.GetCounter().GetValue()
		}
	}
	return out
}

func TestWhatIsRefusedIsLoggedOnceAMinuteWithUserAndSubjectAndCountedEachTime(t *testing.T) {
	t.Parallel()
	log := lines{slog.DiscardHandler, make(chan string, 1000)}
	registry := prometheus.NewRegistry()
	s := started(t, func(c *embed.Config) { c.Log, c.Metrics = slog.New(log), registry })
	nc := s.plain(t, access.File(s.auth, "host-web"))
	for range 3 {
		if publishes(t, nc, "clocker.fact.store") || subscribes(t, nc, `clocker.want."store"`) {
			t.Error("it was accepted")
		}
	}
	log.until(t, "ERROR NATS refused", "user=host-web", "what=publish", "subject=clocker.fact.store")
	log.until(t, "ERROR NATS refused", "user=host-web", "what=subscribe", `subject=clocker.want."store"`)
	if publishes(t, nc, "clocker.beat.store") {
		t.Error("it was accepted")
	}
	if before := log.until(t, "clocker.beat.store"); len(before) > 0 {
		t.Errorf("the same was logged again: %q", before)
	}
	if n := s.Refused(); n != 7 {
		t.Errorf("refused %d, want 7", n)
	}
	got := counted(t, registry, "clocker_nats_refusals_total")
	if got["host-web publish"] != 4 || got["host-web subscribe"] != 3 {
		t.Errorf("counted %v", got)
	}
	if n, ok := got["policy publish"]; !ok || n != 0 {
		t.Errorf("counted %v of policy, which was refused nothing, or has no series", n)
	}
}

// What `nats sub --creds auditor.creds 'clocker.evt.>'` does, and whatever else somebody may try with that file.
func TestTheAuditorHearsEveryEventAndCanDoNothing(t *testing.T) {
	t.Parallel()
	s := started(t, nil)
	file := access.File(s.auth, "auditor")
	auditor := s.plain(t, file)
	sub, err := auditor.SubscribeSync("clocker.evt.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := auditor.Flush(); err != nil {
		t.Fatal(err)
	}
	sequencer := s.plain(t, access.File(s.auth, "sequencer"))
	for _, subject := range []string{"clocker.evt.host.ready.c.web", "clocker.evt.container.placed.shop.web.0"} {
		if err := sequencer.Publish(subject, []byte(subject)); err != nil {
			t.Fatal(err)
		}
		m, err := sub.NextMsg(2 * time.Minute)
		if err != nil || m.Subject != subject || string(m.Data) != subject {
			t.Errorf("heard %v, %v; want %s", m, err, subject)
		}
	}
	// An answer of JetStream could be asked for anywhere, so the auditor may ask nothing, in whatever way.
	for _, subject := range []string{"clocker.evt.host.ready.c.web", "$JS.API.INFO", "$JS.API.DIRECT.GET.CLOCKER_EVENTS",
		"$JS.API.CONSUMER.CREATE.CLOCKER_EVENTS.auditor", "clocker.want.web", "_INBOX.x"} {
		if publishes(t, auditor, subject) {
			t.Errorf("it may publish on %s", subject)
		}
	}
	for _, subject := range []string{">", "clocker.>", "clocker.want.*", "_INBOX.>", "$JS.>"} {
		if subscribes(t, auditor, subject) {
			t.Errorf("it may subscribe to %s", subject)
		}
	}
}

// An agent answers what it was asked, where it was asked, and nowhere else.
func TestAnAgentMayAnswerOnlyWhatItWasAsked(t *testing.T) {
	t.Parallel()
	s := started(t, nil)
	agent := s.plain(t, access.File(s.auth, "host-web"))
	api := s.plain(t, access.File(s.auth, "api"), nats.CustomInboxPrefix("_INBOX.api"))
	if _, err := agent.Subscribe("clocker.do.web.logs", func(m *nats.Msg) { _ = m.Respond([]byte("line")) }); err != nil {
		t.Fatal(err)
	}
	if publishes(t, agent, "_INBOX.api.guess") {
		t.Error("it may publish into the api's inbox without being asked")
	}
	m, err := api.Request("clocker.do.web.logs", nil, 2*time.Minute)
	if err != nil || string(m.Data) != "line" {
		t.Errorf("%v, %v", m, err)
	}
}
