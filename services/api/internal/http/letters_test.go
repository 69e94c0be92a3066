package http

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"
)

// bury has the api's consumer, whose schema these tests have, set events of the log aside.
func (b *bundle) bury(reason string, facts ...events.Event) {
	b.t.Helper()
	b.number(facts...)
	for _, f := range facts {
		row := pgtest.Query(b.t, b.db, `select max(number) as number from events.events where topic = $1 and subject = $2`, f.Topic(), events.Subject(f))[0]
		err := b.data.Unit().Dead(b.t.Context(), "api", pgtest.Deliver(row["number"].(int64), f), bus.Letter{Reason: reason, Stack: "goroutine 1", Attempts: 8})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func goneFact(app string) events.Event {
	return events.ApplicationGone{Application: app, UID: "u-" + app}
}

func finished(app string) events.Event {
	return events.OperationFinished{Operation: "op-" + app, Kind: "deploy", Application: app, UID: "u-" + app, Outcome: "done"}
}

func TestDeadLettersAreListedByPageAndFilteredAndShownWithTheirEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.bury("no such thing", goneFact("shop"), finished("shop"), goneFact("blog"))
	first := ok[view.Page[view.DeadLetter]](b, http.StatusOK, "GET", "/v1/dead-letters?limit=2", "")
	second := ok[view.Page[view.DeadLetter]](b, http.StatusOK, "GET", "/v1/dead-letters?limit=2&cursor="+first.NextCursor, "")
	var seen []string
	for _, l := range append(first.Items, second.Items...) {
		seen = append(seen, fmt.Sprintf("%s/%d %s %s %d: %s", l.Consumer, l.Number, l.Topic, l.About, l.Attempts, l.Reason))
	}
	want := []string{"api/1 application.gone shop 8: no such thing", "api/2 operation.finished shop.op-shop 8: no such thing",
		"api/3 application.gone blog 8: no such thing"}
	if !slices.Equal(seen, want) || second.NextCursor != "" {
		t.Errorf("listed %v, want %v", seen, want)
	}
	for query, n := range map[string]int{"consumer=api": 3, "consumer=policy": 0, "application=shop": 2, "type=application.gone": 2,
		"type=io.clocker.application.gone.v1&application=blog": 1} {
		if page := ok[view.Page[view.DeadLetter]](b, http.StatusOK, "GET", "/v1/dead-letters?"+query, ""); len(page.Items) != n {
			t.Errorf("%s: %d letters, want %d", query, len(page.Items), n)
		}
	}
	one := ok[view.DeadLetterDetail](b, http.StatusOK, "GET", "/v1/dead-letters/api/2", "")
	if one.Stack != "goroutine 1" || one.Event == nil || one.Event.Sequence != 2 || !strings.Contains(string(one.Event.Data), `"op-shop"`) {
		t.Errorf("shown as %+v", one)
	}
	b.exec(`delete from events.events where number = 2`)
	if one := ok[view.DeadLetterDetail](b, http.StatusOK, "GET", "/v1/dead-letters/api/2", ""); one.Event != nil || one.Topic != "operation.finished" {
		t.Errorf("without its event shown as %+v", one)
	}
	for path, status := range map[string]int{"/v1/dead-letters/api/9": 404, "/v1/dead-letters/policy/1": 404, "/v1/dead-letters/api/x": 400} {
		if r := b.do("GET", path, ""); r.Status != status {
			t.Errorf("%s: %d %s", path, r.Status, r.Body)
		}
	}
}

func TestADeadLetterIsSettledByTheServiceThatHasIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.bury("no such thing", goneFact("shop"), goneFact("blog"))
	var failures map[int64]clocker.LetterFailure
	var asked []string
	b.asked = func(subject string, v, reply any) error {
		o := v.(clocker.LetterOrder)
		asked = append(asked, fmt.Sprintf("%s %s %v by %s", subject, o.Action, o.Numbers, o.By))
		if failures == nil {
			return &clocker.Error{Code: clocker.Unavailable, Message: "nobody answers"}
		}
		*reply.(*clocker.LetterReply) = clocker.LetterReply{Failed: failures}
		return nil
	}
	tests := []struct {
		method, path string
		failures     map[int64]clocker.LetterFailure
		status       int
		body         string
	}{
		{"POST", "/v1/dead-letters/api/1/retry", nil, 503, "the service api does not answer; its dead letters stay until it does"},
		{"POST", "/v1/dead-letters/api/1/retry", map[int64]clocker.LetterFailure{1: {Code: clocker.Conflict, Message: "api cannot handle event 1 still: no"}},
			409, "api cannot handle event 1 still: no"},
		{"POST", "/v1/dead-letters/api/1/retry", map[int64]clocker.LetterFailure{1: {Message: "secret"}}, 500, "something went wrong here"},
		{"POST", "/v1/dead-letters/api/1/retry", map[int64]clocker.LetterFailure{}, 200, `{"consumer":"api","number":1,"outcome":"retried"}`},
		{"DELETE", "/v1/dead-letters/api/2", map[int64]clocker.LetterFailure{}, 200, `{"consumer":"api","number":2,"outcome":"dropped"}`},
		{"DELETE", "/v1/dead-letters/api/9", map[int64]clocker.LetterFailure{}, 404, "api has no dead letter 9"},
		{"DELETE", "/v1/dead-letters/a.%3E/1", map[int64]clocker.LetterFailure{}, 404, "has no dead letter 1"},
	}
	for _, tt := range tests {
		failures = tt.failures
		if r := b.do(tt.method, tt.path, ""); r.Status != tt.status || !strings.Contains(string(r.Body), tt.body) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.path, r.Status, r.Body, tt.status, tt.body)
		}
	}
	retry, drop := "clocker.letter.api retry [1] by bootstrap", "clocker.letter.api drop [2] by bootstrap"
	if want := []string{retry, retry, retry, retry, drop}; !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
}

func TestARepeatedRequestThatSettlesDeadLettersGetsTheAnswerOfTheFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.bury("no such thing", goneFact("shop"), goneFact("blog"), goneFact("wiki"))
	orders, away := 0, true
	b.asked = func(_ string, v, reply any) error {
		if away {
			return &clocker.Error{Code: clocker.Unavailable, Message: "nobody answers"}
		}
		orders++
		for _, n := range v.(clocker.LetterOrder).Numbers {
			b.exec(`delete from api.dead_letters where number = $1`, n)
		}
		*reply.(*clocker.LetterReply) = clocker.LetterReply{}
		return nil
	}
	for i, call := range []struct{ method, path, body string }{
		{"POST", "/v1/dead-letters/api/1/retry", ""}, {"DELETE", "/v1/dead-letters/api/2", ""}, {"POST", "/v1/dead-letters/retry", `{"consumer":"api"}`},
	} {
		key := []string{"Idempotency-Key", fmt.Sprint("settle-", i)}
		if away = i == 0; away {
			if r := b.do(call.method, call.path, call.body, key...); r.Status != http.StatusServiceUnavailable {
				t.Fatalf("while the service is away: %d %s", r.Status, r.Body)
			}
			away = false // a refusal is not kept
		}
		first, again := b.do(call.method, call.path, call.body, key...), b.do(call.method, call.path, call.body, key...)
		if first.Status != http.StatusOK || again.Status != http.StatusOK || !bytes.Equal(first.Body, again.Body) ||
			first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" || orders != i+1 {
			t.Errorf("%s %s in %d orders: %d %s, then %d %s", call.method, call.path, orders, first.Status, first.Body, again.Status, again.Body)
		}
	}
	if r := b.do("POST", "/v1/dead-letters/retry", `{"consumer":"dns"}`, "Idempotency-Key", "settle-2"); r.Status != http.StatusUnprocessableEntity {
		t.Errorf("another request with a used key: %d %s", r.Status, r.Body)
	}
}

func TestAllDeadLettersThatAFilterNamesAreTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var facts []events.Event
	for i := range 120 {
		facts = append(facts, goneFact(fmt.Sprintf("app%d", i)))
	}
	b.bury("no such thing", append(facts, finished("shop"))...)
	orders := 0
	b.asked = func(_ string, v, reply any) error {
		orders++
		r := clocker.LetterReply{Failed: map[int64]clocker.LetterFailure{}}
		for _, n := range v.(clocker.LetterOrder).Numbers {
			if n%10 == 0 {
				r.Failed[n] = clocker.LetterFailure{Code: clocker.Conflict, Message: fmt.Sprintf("%d fails", n)}
				continue
			}
			b.exec(`delete from api.dead_letters where number = $1`, n)
		}
		*reply.(*clocker.LetterReply) = r
		return nil
	}
	got := ok[view.SettledAll](b, http.StatusOK, "POST", "/v1/dead-letters/retry", `{"type":"application.gone","consumer":"api"}`)
	if got.Retried != 108 || len(got.Failed) != 12 || got.Left != 0 || got.Failed[0].Reason != "10 fails" || orders != 3 {
		t.Errorf("%+v in %d orders", got, orders)
	}
	var left int
	err := b.data.Read(t.Context(), func(ctx context.Context, r *store.Reader) (err error) {
		left, err = r.CountDeadLetters(ctx, store.LetterFilter{})
		return err
	})
	if left != 13 || err != nil {
		t.Errorf("%d letters are left, %v; want the 12 that fail and that of another type", left, err)
	}
	if r := b.do("POST", "/v1/dead-letters/retry", `{"consumers":"api"}`); r.Status != http.StatusBadRequest {
		t.Errorf("an unknown field: %d %s", r.Status, r.Body)
	}
}
