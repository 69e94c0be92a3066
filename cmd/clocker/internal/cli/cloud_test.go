package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const aCloud = `{"cloud":"lab","location":"localhost","hosts":0,"maxHosts":1,"maxContainers":8,"revision":2,
	"strategies":[{"name":"MaxContainers","params":{"maxContainers":"8"}},{"name":"DepthFirst"}],
	"shortage":{"containers":3,"reason":"no host","since":"2026-01-02T03:00:00Z"}}`

func TestACloudIsMadeSetShownAndRemoved(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	takes := func(pattern, want, operation string) {
		f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != want {
				t.Errorf("%s got %s, %v; want %s", pattern, body, err, want)
			}
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"operation":"`+operation+`"}`)
		})
	}
	takes("POST /v1/clouds", `{"cloud":"lab","location":"localhost","maxHosts":1,"strategies":[{"name":"MaxContainers","params":{"maxContainers":"8"}},{"name":"DepthFirst"}]}`, "op-1")
	takes("PATCH /v1/clouds/lab", `{"maxContainers":0}`, "op-1")
	takes("DELETE /v1/clouds/lab", "", "op-2")
	asked := 0
	f.mux.HandleFunc("GET /v1/operations/op-1", func(w http.ResponseWriter, _ *http.Request) {
		state := "done"
		if asked++; asked == 1 {
			state = "running"
		}
		_, _ = io.WriteString(w, `{"operation":"op-1","state":"`+state+`"}`)
	})
	f.answer("GET /v1/operations/op-2", 200, `{"operation":"op-2","state":"failed","reason":"the cloud \"lab\" is in use: host a"}`)
	f.answer("GET /v1/clouds", 200, `{"items":[`+aCloud+`]}`)
	f.answer("GET /v1/clouds/lab", 200, aCloud)
	table := `CLOUD  LOCATION   HOSTS   CONTAINERS  STRATEGIES                                WAITING
lab    localhost  0 of 1  8 a host    MaxContainers:maxContainers=8 DepthFirst  3: no host
`
	f.run(t.Context(), "", "cloud", "create", "lab", "--location", "localhost", "--max-hosts", "1",
		"--strategy", "MaxContainers:maxContainers=8", "--strategy", "DepthFirst").check(t, 0, "", "cloud lab is made\n")
	f.run(t.Context(), "", "cloud", "set", "lab", "--max-containers", "0").check(t, 0, "", "cloud lab is set\n")
	f.run(t.Context(), "", "cloud", "rm", "lab").check(t, 5, "", "clocker: the cloud \"lab\" is in use: host a\n")
	f.run(t.Context(), "", "cloud", "ls").check(t, 0, table, "")
	f.run(t.Context(), "", "cloud", "show", "lab").check(t, 0, table, "")
	f.run(t.Context(), "", "cloud", "ls", "-q").check(t, 0, "lab\n", "")
}

func TestCloudCommandsThatCannotBeMeantAreExplained(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for args, talk := range map[string]string{
		"cloud create lab": "clocker: --location is missing: where its hosts come from, such as localhost\n",
		"cloud set lab":    "clocker: there is nothing to set: give --max-hosts, --max-containers or --strategy\n",
		"cloud set lab --strategy MaxContainers:8":                "clocker: --strategy MaxContainers:8: want a name, or a name with parameters such as MaxContainers:maxContainers=8\n",
		"cloud create --location localhost --strategy DepthFirst": "clocker: CLOUD is missing: clocker cloud create CLOUD --location LOCATION [flags]\n",
	} {
		f.run(t.Context(), "", strings.Fields(args)...).check(t, 2, "", talk)
	}
}
