package cli

import (
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/events"
)

// exportOf is an export of n events.
func exportOf(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	put := func(text []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	hash := events.Genesis()
	put(audit.HeaderLine(audit.Header{Installation: "home", First: 1, Hash: hex.EncodeToString(hash)}))
	for i := range n {
		r := events.Record{Number: int64(i + 1), ID: "id", Topic: "application.gone", Time: time.UnixMicro(1).UTC(), Data: []byte(`{"n":1}`)}
		r.Hash = events.Link(hash, r)
		hash = r.Hash
		put(audit.RecordLine(r))
	}
	put(audit.TrailerLine(audit.Trailer{Last: int64(n), Hash: hex.EncodeToString(hash)}))
	return b.String()
}

func TestAnExportIsWrittenWholeAndCheckedOnTheWay(t *testing.T) {
	t.Parallel()
	good := exportOf(t, 3)
	bad := strings.Replace(good, `"n":1`, `"n":2`, 1)
	text := good
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/audit/export", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("from") == "2" {
			text = bad
		}
		_, _ = w.Write([]byte(text))
		if text == good[:len(good)/2] {
			panic(http.ErrAbortHandler)
		}
	})
	dir := t.TempDir()
	name := filepath.Join(dir, "log.ndjson")
	is := func(want string) {
		t.Helper()
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("the file has %q, %v", got, err)
		}
	}
	r := f.run(t.Context(), "", "audit", "export", name)
	if r.code != 0 || !strings.HasPrefix(r.err, "ok: 3 events, 1 to 3, of installation home;") {
		t.Errorf("%+v", r)
	}
	is(good)
	if r := f.run(t.Context(), "", "audit", "verify", "--file", name); r.code != 0 || !strings.HasPrefix(r.out, "ok: 3 events, 1 to 3") {
		t.Errorf("%+v", r)
	}
	if r := f.run(t.Context(), "", "audit", "export"); r.code != 0 || r.out != good {
		t.Errorf("%+v", r)
	}
	text = good[:len(good)/2] // it breaks off: the file that is there stays
	if r := f.run(t.Context(), "", "audit", "export", name); r.code != 1 {
		t.Errorf("%+v", r)
	}
	is(good)
	r = f.run(t.Context(), "", "audit", "export", "--from", "2", name) // what is damaged is evidence
	r.check(t, 1, "", "clocker: event 1: its hash does not follow from what it says and the hash before it\n")
	is(bad)
	f.run(t.Context(), bad, "audit", "verify", "--file", "-").check(t, 1, "",
		"clocker: event 1: its hash does not follow from what it says and the hash before it\n")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	f.run(t.Context(), good, "audit", "import", "-").check(t, 1, "", "clocker: import: set CLOCKER_DATABASE_URL to the owner of the new database\n")
}
