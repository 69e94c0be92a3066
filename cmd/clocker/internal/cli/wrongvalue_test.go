package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// refusing is an API that refuses a value of whatever it is asked.
func refusing(t *testing.T, parameter, detail string) *fakeAPI {
	t.Helper()
	f := newFake(t)
	f.answer("/", 400, fmt.Sprintf(`{"status":400,"code":"invalid","parameter":%q,"detail":%q}`, parameter, detail))
	return f
}

func TestAValueThatTheAPIRefusesIsWrongUsageOfItsFlag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, parameter, detail, says string }{
		{"operations --kind depoly", "kind", "kind must be one of deploy, resize", "--kind must be one of deploy, resize"},
		{"operations ls --state broken", "state", "state must be one of running, done", "--state must be one of running, done"},
		{"logs shop --since noon", "since", "since must be a time such as", "--since must be a time such as"},
		{"audit export --from 0", "from", "from must be the number of an event", "--from must be the number of an event"},
		{"token create ci --role boss", "role", `there is no role "boss"`, `--role: there is no role "boss"`},
		{"token create ci --role admin --expires 1ms", "expires", "expires must be a time of a second", "--expires must be a time of a second"},
		{"cloud set c --max-hosts -1", "maxHosts", "maxHosts is -1: want a number", "--max-hosts is -1: want a number"},
		{"cloud set c --max-containers 0", "maxContainers", "maxContainers is 0: want", "--max-containers is 0: want"},
		{"cloud create c --location x --strategy Best", "strategies", `unknown strategy "Best"`, `--strategy: unknown strategy "Best"`},
		{"cloud create c --location mars", "location", `there is no location "mars"`, `--location: there is no location "mars"`},
		{"cloud create C --location localhost", "cloud", "cloud must be the name of the new cloud", "cloud must be the name of the new cloud"},
		{"token create (ci) --role admin", "name", `"(ci)" is no name of a token`, `"(ci)" is no name of a token`},
		{"scale shop/web=5000", "size", "size must be a whole number from 0 to 1000", "size must be a whole number from 0 to 1000"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			refusing(t, tt.parameter, tt.detail).run(t.Context(), "", strings.Fields(tt.args)...).
				check(t, exitUsage, "", "clocker: "+tt.says+"\n")
		})
	}
}

func TestAnEventThatIsStillToComeIsWrongUsageOfItsFlag(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux = http.NewServeMux() // without the stream that it has for others
	f.server.Config.Handler = f.mux
	f.answer("GET /v1/events", 400, `{"status":400,"code":"invalid","parameter":"after","detail":"the log ends at event 8; there is nothing after 98"}`)
	f.run(t.Context(), "", "events", "--from", "99").check(t, exitUsage, "", "clocker: --from: the log ends at event 8; there is nothing after 98\n")
}

// A flag that nobody gave is not what is wrong.
func TestAFlagThatWasNotGivenIsNotNamed(t *testing.T) {
	t.Parallel()
	refusing(t, "kind", "kind must be one of these").run(t.Context(), "", "operations").
		check(t, exitUsage, "", "clocker: kind must be one of these\n")
}
