package up

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/pg/pgtest"
)

// The log of an installation moves to a new database: whole, checked, and behind all of its services.
func TestTheLogOfAnInstallationMovesToANewDatabase(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	s.deploy("shop", 3)
	s.healthy("shop", 3)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/v1/audit/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", res.Status, err)
	}
	db := pgtest.Open(t, "api", schemas()...)
	env := map[string]string{"CLOCKER_DATABASE_URL": pgtest.OwnerURL(t, db)}
	f, err := Import(t.Context(), Options{Env: func(k string) string { return env[k] }}, strings.NewReader(string(text)))
	if err != nil || f.Last() < 20 || f.Header.Installation != "simulated" {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, row := range pgtest.Query(t, db, `select service, floor from events.v_floors`) {
		if row["floor"] != f.Last() {
			t.Errorf("%s stands at %v, the log was imported up to %d", row["service"], row["floor"], f.Last())
		}
	}
	const same = `select count(*) as n, max(number) as last, md5(string_agg(encode(hash, 'hex'), '' order by number)) as hashes from events.events where number <= $1`
	was, is := pgtest.Query(t, s.db, same, f.Last())[0], pgtest.Query(t, db, same, f.Last())[0]
	if was["n"] != is["n"] || was["last"] != is["last"] || was["hashes"] != is["hashes"] {
		t.Errorf("the log was %v, is %v", was, is)
	}
}
