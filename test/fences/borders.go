package fences

// border keeps an import to the places that may have it. Places are directories of the repository with all below
// them; a part of a path may be *.
type border struct {
	Import string // the path and all below it
	Only   []string
}

// borders are the fences of the design. The tests in test/e2e look at real systems from outside, so they may speak to
// an Engine and to Postgres themselves; benchmarks compare with an Engine.
func borders() []border {
	return []border{
		{"github.com/labstack/echo", []string{"services/api"}},
		{"github.com/miekg/dns", []string{"services/dns"}},
		{"github.com/jackc/pgx", []string{"pkg/pg", "services/*/internal/store", "test/e2e"}},
		{"github.com/pressly/goose", []string{"pkg/pg"}},
		{"database/sql", []string{"pkg/pg"}},
		{"github.com/nats-io/nats.go", []string{"pkg/bus"}},
		{"github.com/nats-io/nats-server", []string{"pkg/bus/embed"}},
		{"github.com/nats-io/jwt", []string{"pkg/bus/access", "pkg/bus/embed"}},
		{"github.com/nats-io/nkeys", []string{"pkg/bus/access"}},
		{"github.com/docker/docker", []string{
			"services/agent", "services/provisioner/internal/provider/docker", "cmd/clocker", "test/e2e",
			"test/bench/internal/sandbox", "test/bench/internal/line",
		}},
		{"github.com/vishvananda/netlink", []string{"services/agent"}},
		{"github.com/prometheus/procfs", []string{"services/agent/internal/kernel"}},
		{"github.com/google/nftables", []string{"services/agent"}},
		// Only what somebody does in a container needs one; everything else is a stream of lines.
		{"github.com/coder/websocket", []string{"services/api/internal/http", "services/api/internal/terminal", "cmd/clocker/internal/client"}},
		{"github.com/creack/pty", []string{"test/e2e"}},
		{"github.com/spf13/cobra", []string{"cmd/clocker"}},
		{"charm.land/bubbletea", []string{"cmd/clocker/internal/live"}},
		{"github.com/compose-spec/compose-go", []string{"test/e2e"}},
		{"go.opentelemetry.io", []string{"pkg/trace"}},
		{"github.com/yuin/goldmark", []string{"services/api/internal/pages"}},
		{"github.com/chromedp", []string{"services/api/internal/browser"}},
		{"github.com/invopop/jsonschema", []string{"pkg/schema"}},
		{"clocker.io/pkg/schema", []string{"pkg/events/internal/asyncdoc", "services/api/internal/openapi", "services/api/internal/http"}},
		{"github.com/mattn/go-runewidth", []string{"cmd/clocker/internal/render"}},
		{"clocker.io/docs", []string{"services/api", "cmd/clocker"}},
		// Else every service would carry a whole NATS server.
		{"clocker.io/pkg/bus/embed", []string{"cmd/clocker", "pkg/bus", "test/e2e", "test/bench"}},
	}
}

// testOnly are imports for tests and for packages named ...test that serve them.
func testOnly() []string {
	return []string{
		"testing", "net/http/httptest", "pgregory.net/rapid", "github.com/anishathalye/porcupine",
		"github.com/santhosh-tekuri/jsonschema", "github.com/chromedp",
		"clocker.io/pkg/pg/pgtest", "clocker.io/pkg/bus/bustest", "clocker.io/pkg/agenttest", "clocker.io/pkg/trace/tracetest",
		"clocker.io/pkg/run/runtest",
	}
}

// pure are the packages that hold the decisions: values in, values out. Allow lists what they may import beside the
// standard library's own values, pkg/clocker, pkg/events and other pure packages.
func pure() []purePackage {
	return []purePackage{
		{Dir: "cmd/clocker/internal/doctor"},
		{Dir: "pkg/audit"},
		{Dir: "pkg/blueprint", Allow: []string{"go.yaml.in/yaml/v4", "github.com/distribution/reference"}},
		{Dir: "pkg/bus/rights"},
		{Dir: "pkg/clocker"},
		{Dir: "pkg/events"},
		{Dir: "pkg/nearest"},
		{Dir: "pkg/sensors"},
		{Dir: "pkg/snapshot"},
		{Dir: "services/agent/internal/admit"},
		{Dir: "services/agent/internal/desired"},
		{Dir: "services/agent/internal/hostports", Allow: []string{"net/netip"}},
		{Dir: "services/agent/internal/plan"},
		{Dir: "services/agent/internal/usage"},
		{Dir: "services/api/internal/token"},
		{Dir: "services/api/internal/diff"},
		{Dir: "services/api/internal/hops"},
		{Dir: "services/api/internal/replay"},
		{Dir: "services/api/internal/service"},
		{Dir: "services/api/internal/trace"},
		{Dir: "services/dns/internal/zone", Allow: []string{"github.com/miekg/dns"}},
		{Dir: "services/imagebuilder/internal/catalog"},
		{Dir: "services/ipam/internal/life"},
		{Dir: "services/ipam/internal/pool"},
		{Dir: "services/policy/internal/clear"},
		{Dir: "services/policy/internal/keep"},
		{Dir: "services/policy/internal/line"},
		{Dir: "services/policy/internal/rows"},
		{Dir: "services/policy/internal/want"},
		{Dir: "services/policy/internal/watch"},
		{Dir: "services/provisioner/internal/life"},
		{Dir: "services/provisioner/internal/plan"},
		{Dir: "services/scheduler/internal/place"},
	}
}

type purePackage struct {
	Dir   string
	Allow []string
}

// impure are the parts of the standard library that reach outside, wait, or give other answers to equal questions.
// An entry that ends in / takes everything below it.
func impure() []string {
	return []string{
		"context", "crypto/rand", "database/", "io/ioutil", "log", "log/", "math/rand", "math/rand/", "net", "net/http",
		"net/http/", "net/mail", "net/rpc", "net/smtp", "os", "os/", "plugin", "runtime/", "syscall",
	}
}

// clocks are the functions of time that read the clock or wait for it.
func clocks() []string {
	return []string{
		"time.After", "time.AfterFunc", "time.NewTicker", "time.NewTimer", "time.Now", "time.Since", "time.Sleep",
		"time.Tick", "time.Until",
	}
}

// vague are names of packages that say nothing of what is inside.
func vague() []string {
	return []string{"base", "common", "helper", "helpers", "manager", "misc", "shared", "util", "utils"}
}

// outside are modules that are no part of the workspace: the tools' dependencies are none of ours.
func outside() []string { return []string{"dev/tools"} }
