package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestEventsAndLogs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/containers/shop/web/0/logs", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "follow=false&tail=5" {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, "hello\nworld")
	})
	f.run(t.Context(), "", "logs", "shop/web/0", "--tail", "5").check(t, 0, "hello\nworld", "")
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	f.events <- "end"
	f.run(t.Context(), "", "events").check(t, 0, "     1 03:04:05 container.placed       shop/web/0  placed on localhost\n", "")
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	f.events <- "end"
	r := f.run(t.Context(), "", "events", "-o", "json")
	if r.code != 0 || !json.Valid([]byte(r.out)) || strings.Count(r.out, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}
