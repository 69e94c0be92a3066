package blueprint

import (
	"fmt"
	"strings"
	"testing"
)

// each repeats a format with the numbers from 1 to n.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}

// What a refusal names as allowed is taken, and what is just beyond it is refused.
func TestBoundsAreWhereTheyAreSaidToBe(t *testing.T) {
	t.Parallel()
	const service = "id: a\nservices:\n- type: docker:x\n  "
	dockerfile := func(n int) string {
		return service + "dockerfile: |\n    FROM x\n    #" + strings.Repeat("x", n-len("FROM x\n#\n")) + "\n"
	}
	nested := func(n int) string {
		return service + "env: {A: '$brooklyn:" + strings.Repeat(`formatString("%s", `, n) + `"x"` + strings.Repeat(")", n) + "'}"
	}
	for what, tt := range map[string]struct {
		allowed, beyond string
		code            Code
	}{
		"bytes":      {service + "#" + strings.Repeat("x", 1<<20-len(service+"#")), strings.Repeat("#", 1<<20+1), TooLarge},
		"services":   {"id: a\nservices:\n" + each(200, "- {type: 'docker:x', id: s%d}\n"), "id: a\nservices:\n" + each(201, "- {type: 'docker:x', id: s%d}\n"), OverLimit},
		"members":    {service + "initialSize: 1000", service + "initialSize: 1001", OutOfRange},
		"ports":      {service + "openPorts: '" + strings.TrimSuffix(each(256, "%d,"), ",") + "'", service + "openPorts: '" + each(256, "%d,") + "257'", OverLimit},
		"last port":  {service + "openPorts: 65535", service + "openPorts: 65536", BadPort},
		"first port": {service + "openPorts: 1", service + "openPorts: 0", BadPort},
		"volumes":    {service + "volumes:\n" + each(64, "  - v%d:/v%[1]d\n"), service + "volumes:\n" + each(65, "  - v%d:/v%[1]d\n"), OverLimit},
		"name":       {service + "id: x\n  name: " + strings.Repeat("ä", 200), service + "id: x\n  name: " + strings.Repeat("ä", 201), OverLimit},
		"id":         {service + "id: " + strings.Repeat("a", 40), service + "id: " + strings.Repeat("a", 41), BadID},
		"memory":     {service + "memory: 6m", service + "memory: 6291455", BadSize},
		"cores":      {service + "minCores: 1024", service + "minCores: 1024.1", BadCores},
		"some core":  {service + "minCores: 0.1", service + "minCores: 0.0", BadCores},
		"short time": {service + "healthCheck: {command: x, timeout: 50ms}", service + "healthCheck: {command: x, timeout: 49ms}", OutOfRange},
		"long time":  {service + "healthCheck: {command: x, timeout: 10m}", service + "healthCheck: {command: x, timeout: 601}", OutOfRange},
		"Dockerfile": {dockerfile(64 << 10), dockerfile(64<<10 + 1), OverLimit},
		"calls":      {nested(16), nested(18), BadExpression},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if got := found(tt.allowed); got != "" {
				t.Errorf("what is allowed is refused: %s", got)
			}
			if got := found(tt.beyond); got != string(tt.code) {
				t.Errorf("what is beyond is %q, want %s", got, tt.code)
			}
		})
	}
}
