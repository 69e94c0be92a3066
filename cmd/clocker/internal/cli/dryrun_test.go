package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestADryRunShowsWhatWouldBeDeployedAndAsksForNothingElse(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var asked []string
	f.mux.HandleFunc("POST /v1/applications", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		_, _ = io.WriteString(w, `{"application":"shop","cloud":"my-docker-cloud","containers":3,"memory":805306368,"cores":1.5,"network":"10.90.0.0/24",
"entities":[{"entity":"store","size":1,"image":"built here"},{"entity":"web","size":2,"image":"nginx:1.27","ports":["80/tcp","443/tcp"],"waitsFor":["store"]}],
"notes":["store is built first"]}`)
	})
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte("id: shop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t.Context(), "", "deploy", file, "--dry-run").check(t, exitOK, `shop would be deployed to my-docker-cloud: 3 containers, 768 MiB memory and 1.5 cores reserved, network 10.90.0.0/24
ENTITY  MEMBERS  IMAGE       PORTS           WAITS FOR
store   1        built here
web     2        nginx:1.27  80/tcp 443/tcp  store
note: store is built first
`, "")
	if !slices.Equal(asked, []string{"dry_run=true"}) {
		t.Errorf("asked with %q", asked)
	}
}

func TestEventsOfATopicAreAskedForByTheirTypes(t *testing.T) {
	t.Parallel()
	types, err := fullTypes([]string{"container.healthy", "io.clocker.of.later.v2"})
	if want := "io.clocker.container.healthy.v1,io.clocker.of.later.v2"; err != nil || types != want {
		t.Errorf("%q %v, want %q", types, err, want)
	}
}
