package http

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/audit"
)

// checked reads an export to its end.
func checked(text string) (f *audit.File, err error) {
	if f, err = audit.Open(strings.NewReader(text)); err != nil {
		return f, err
	}
	for err == nil {
		_, err = f.Next()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return f, err
}

func TestAnExportIsCheckedWithoutItsServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 6 {
		b.number(placed("shop", i))
	}
	export := func(query string) (*audit.File, error) {
		t.Helper()
		r := b.do("GET", "/v1/audit/export"+query, "")
		if r.Status != http.StatusOK || r.Header.Get("Content-Type") != ndjson {
			t.Fatalf("%s: %d %s", query, r.Status, r.Body)
		}
		return checked(string(r.Body))
	}
	for query, count := range map[string]int64{"": 6, "?from=1": 6, "?from=4": 3, "?from=6": 1} {
		f, err := export(query)
		if err != nil || f.Count() != count || f.Last() != 6 || f.Header.Installation != "test" {
			t.Errorf("%s: %+v, %v", query, f, err)
		}
	}
	b.prune(3)
	if f, err := export(""); err != nil || f.Header.First != 4 || f.Count() != 3 {
		t.Errorf("of a pruned log: %+v, %v", f, err)
	}
	for query, want := range map[string]int{"?from=3": 410, "?from=7": 404, "?from=0": 400, "?from=x": 400} {
		if p := b.do("GET", "/v1/audit/export"+query, "").problem(t); p.Status != want || want == 410 && p.Oldest != 4 {
			t.Errorf("%s: %+v", query, p)
		}
	}
	b.exec(`update events.events set data = '{"host":"elsewhere"}' where number = 5`)
	if f, err := export(""); err == nil || f.Last() != 4 || !strings.Contains(err.Error(), "event 5") {
		t.Errorf("of a log that was edited: %v", err)
	}
	b.exec(`delete from events.events where number = 5`)
	for _, query := range []string{"", "?from=6"} {
		if _, err := export(query); err == nil {
			t.Errorf("%s: of a log with a hole: it is whole", query)
		}
	}
}

func TestAnExportThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.number(placed("shop", 0))
	b.exec(`insert into events.events select n, gen_random_uuid(), 'container.placed', 'policy', 's', 'shop', '', 0, '', now(),
		convert_to('{"pad":"' || repeat('x', 20000) || '"}', 'UTF8'), '' from generate_series(2, $1::bigint) n`, 2*auditAtOnce)
	b.exec(`update events.head set number = $1`, 2*auditAtOnce)
	res, err := b.web.Client().Do(b.request("GET", "/v1/audit/export", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b.server.end() // it holds more than the connection does, so it is under way
	text, err := io.ReadAll(res.Body)
	if err == nil {
		t.Error("the answer ends as if it were whole")
	}
	if _, err := checked(string(text)); err == nil {
		t.Errorf("%d bytes are taken for an export", len(text))
	}
}
