package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const oneLetter = `{"consumer":"policy","number":7,"topic":"container.placed","about":"shop.web.0","reason":"handler panics: boom",
	"attempts":9,"failedAt":"2026-01-02T02:00:00Z","triedAt":"2026-01-02T03:59:00Z","retryAt":"2026-01-02T04:01:00Z"`

func TestDeadLettersAreListedAndShown(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/dead-letters", func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Encode(); got != "consumer=policy&limit=500&type=container.placed" {
			t.Errorf("asked for %s", got)
		}
		_, _ = io.WriteString(w, `{"items":[`+oneLetter+`}]}`)
	})
	f.answer("GET /v1/dead-letters/policy/7", 200, oneLetter+`,"stack":"goroutine 1\nmain.go:3","event":{"sequence":7,
		"time":"2026-01-02T01:00:00Z","data":{"host":"h"}}}`)
	f.answer("GET /v1/dead-letters/policy/8", 200, strings.Replace(oneLetter, "7", "8", 1)+`,"event":{"sequence":8,
		"time":"2026-01-02T01:00:00Z","data_base64":"ew=="}}`)
	f.answer("GET /v1/dead-letters/policy/9", 404, `{"status":404,"detail":"policy has no dead letter 9"}`)
	f.run(t.Context(), "", "dead-letters", "ls", "--consumer", "policy", "--type", "container.placed").check(t, 0,
		`LETTER    EVENT             ABOUT       ATTEMPTS  AGE  REASON
policy/7  container.placed  shop.web.0  9         2h   handler panics: boom
`, "")
	f.run(t.Context(), "", "dead-letters", "show", "policy/7").check(t, 0, `policy/7  container.placed  shop.web.0
  reason     handler panics: boom
  attempts   9, the first 2h ago, the last 1m ago
  next       by itself at 2026-01-02T04:01:00Z
  event      2026-01-02T01:00:00Z
             {
               "host": "h"
             }
  panic at   goroutine 1
             main.go:3
`, "")
	if r := f.run(t.Context(), "", "dead-letters", "show", "policy/8"); !strings.Contains(r.out, `which is no JSON: "{"`) {
		t.Errorf("shown as %s", r.out)
	}
	f.run(t.Context(), "", "dead-letters", "show", "policy/9").check(t, exitNotFound, "", "clocker: policy has no dead letter 9\n")
}

func TestDeadLettersAreRetriedAndDropped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/dead-letters/policy/7/retry", 200, `{"consumer":"policy","number":7,"outcome":"retried"}`)
	f.answer("POST /v1/dead-letters/ipam/8/retry", 409, `{"status":409,"code":"conflict","detail":"ipam cannot handle event 8 still: boom"}`)
	f.answer("DELETE /v1/dead-letters/ipam/8", 200, `{"consumer":"ipam","number":8,"outcome":"dropped"}`)
	f.mux.HandleFunc("POST /v1/dead-letters/retry", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"application":"shop","consumer":"ipam"}` {
			t.Errorf("asked for %s, %v", body, err)
		}
		_, _ = io.WriteString(w, `{"retried":12,"failed":[{"consumer":"ipam","number":8,"reason":"boom\nbang"}],"left":3}`)
	})
	tests := []struct {
		name, args string
		code       int
		out, talk  string
	}{
		{"several, one fails", "retry ipam/8 policy/7", exitConflict, "", "dead letter policy/7 is handled\nclocker: ipam cannot handle event 8 still: boom\n"},
		{"drop", "drop ipam/8", 0, "", "dead letter ipam/8 is dropped\n"},
		{"all", "retry --all --consumer ipam --application shop", exitFailed,
			"handled 12, failed again 1, not tried 3: run it again\n  ipam/8  boom\n", "clocker: 4 dead letters are left\n"},
		{"none named", "retry", exitUsage, "", "clocker: SERVICE/NUMBER is missing: clocker dead-letters retry SERVICE/NUMBER... | --all [flags]\n"},
		{"not a name", "drop ipam", exitUsage, "", "clocker: \"ipam\" names no dead letter: write SERVICE/NUMBER, such as policy/123\n"},
		{"filter without all", "retry --consumer ipam", exitUsage, "", "clocker: --consumer, --type and --application narrow --all\n"},
		{"both", "retry --all ipam/8", exitUsage, "", "clocker: name dead letters or use --all, not both\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), "", append([]string{"dead-letters"}, strings.Fields(tt.args)...)...).check(t, tt.code, tt.out, tt.talk)
		})
	}
}

func TestExplainNamesTheDeadLettersThatHoldAContainerUp(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"requested","deadLetters":[`+oneLetter+`}]}`)
	f.run(t.Context(), "", "explain", "shop/web/0").check(t, 0, `shop/web/0  requested
  held up by dead letter policy/7 (container.placed): handler panics: boom
`, "")
}
