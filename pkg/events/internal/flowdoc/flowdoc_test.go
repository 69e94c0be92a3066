package flowdoc

import (
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	flow := []events.Step{
		{Row: "submit", From: "POST /v1/applications", Service: "api", Does: "stores", Emits: []string{"application.submitted"}},
		{Row: "want", On: []string{"application.submitted"}, From: "timers", Service: "policy", Does: "decides", Deadline: 90 * time.Second},
	}
	got := Markdown(flow, []events.Event{events.ApplicationSubmitted{}})
	for _, want := range []string{
		"| row | on | service | does | states | deadline |\n|---|---|---|---|---|---|\n" +
			"| **submit** | POST /v1/applications | api | stores | `application.submitted` |  |\n" +
			"| **want** | `application.submitted`, timers | policy | decides |  | 90 s |\n",
		"| event | stated by | heard by |\n|---|---|---|\n| `application.submitted` | api (submit) | policy (want) |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("page lacks\n%s\nin\n%s", want, got)
		}
	}
}
