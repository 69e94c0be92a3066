package http

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"
)

func TestATokenIsShownOnceAndItsTextIsKeptNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body, key := `{"name":"ci","role":"deployer","expires":"720h"}`, []string{"Idempotency-Key", "k"}
	made := ok[view.Token](b, http.StatusCreated, "POST", "/v1/tokens", body, key...)
	if left := time.Until(*made.ExpiresAt); made.Text == "" || made.State != "active" || made.CreatedBy != "bootstrap" ||
		left < 719*time.Hour || left > 721*time.Hour {
		t.Errorf("%+v", made)
	}
	again := b.do("POST", "/v1/tokens", body, key...)
	if again.Status != http.StatusCreated || again.Header.Get("Idempotent-Replayed") != "true" || strings.Contains(string(again.Body), `"text"`) {
		t.Errorf("%d %s", again.Status, again.Body)
	}
	facts := b.facts()
	if len(facts) != 1 {
		t.Fatalf("%+v", facts)
	}
	want := events.TokenCreated{Token: made.Token, Name: "ci", Role: "deployer", By: "bootstrap",
		ExpiresAt: made.ExpiresAt.Format(time.RFC3339)}
	if facts[0] != want {
		t.Errorf("%+v, want %+v", facts[0], want)
	}
	list := ok[view.Page[view.Token]](b, 200, "GET", "/v1/tokens", "")
	if len(list.Items) != 1 || list.Items[0].Name != "ci" || list.Items[0].Text != "" {
		t.Errorf("%+v", list)
	}
	secret := strings.Split(made.Text, "_")[2]
	for _, table := range []string{"api.tokens", "api.idempotency_keys", "events.outbox"} {
		rows := pgtest.Query(t, b.db, `select encode(convert_to(t::text, 'UTF8'), 'escape') as row from `+table+` t`)
		if table != "events.outbox" && len(rows) != 1 {
			t.Errorf("%s has %d rows", table, len(rows))
		}
		for _, row := range rows {
			hexed := fmt.Sprintf("%x", secret)
			if text := fmt.Sprint(row["row"]); strings.Contains(text, secret) || strings.Contains(text, hexed) {
				t.Errorf("%s holds the secret: %s", table, text)
			}
		}
	}
}

func TestARevokedTokenIsRefusedAtOnceByEveryProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.beside(t) // another process of api on the same database
	made := b.issue("ci", token.Viewer)
	show := []string{"Authorization", "Bearer " + made.Text}
	for _, process := range []*bundle{b, other} {
		if r := process.do("GET", "/v1/version", "", show...); r.Status != http.StatusOK {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	b.facts()
	first := ok[view.Token](b, 200, "DELETE", "/v1/tokens/"+made.Token, "")
	again := ok[view.Token](b, 200, "DELETE", "/v1/tokens/"+made.Token, "")
	if first.State != "revoked" || first.RevokedBy != "bootstrap" || !again.RevokedAt.Equal(*first.RevokedAt) {
		t.Errorf("%+v, then %+v", first, again)
	}
	if facts := b.facts(); len(facts) != 1 || facts[0] != (events.TokenRevoked{Token: made.Token, Name: "ci", Role: "viewer", By: "bootstrap"}) {
		t.Errorf("%+v", facts)
	}
	for _, process := range []*bundle{b, other} {
		p := process.do("GET", "/v1/version", "", show...).problem(t)
		if p.Status != http.StatusUnauthorized || !strings.HasPrefix(p.Detail, "the token ci/"+made.Token+" was revoked at 20") {
			t.Errorf("%+v", p)
		}
	}
	if list := ok[view.Page[view.Token]](b, 200, "GET", "/v1/tokens", ""); len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
	if list := ok[view.Page[view.Token]](b, 200, "GET", "/v1/tokens?all=true", ""); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.issue("ci", token.Viewer)
	open := func(authorization string) *http.Response {
		res, err := b.web.Client().Do(b.request("GET", "/v1/events", "", "Authorization", "Bearer "+authorization))
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res, err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	mine, admins := open(made.Text), open(b.token())
	ok[view.Token](b, 200, "DELETE", "/v1/tokens/"+made.Token, "")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = mine.Body.Read(make([]byte, 1<<20)) // its end
	}()
	if err := b.server.endStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
	b.number(events.ApplicationGone{Application: "shop", UID: "u1"})
	b.published <- 1
	if n, err := admins.Body.Read(make([]byte, 1<<10)); n == 0 {
		t.Errorf("another's stream ended: %v", err)
	}
}

func TestTheLastUseOfATokenIsNoted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.issue("ci", token.Viewer)
	b.do("GET", "/v1/version", "", "Authorization", "Bearer "+made.Text)
	if err := b.server.noteUse(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.expire(made)
	list := ok[view.Page[view.Token]](b, 200, "GET", "/v1/tokens", "")
	if len(list.Items) != 1 || list.Items[0].State != "expired" || list.Items[0].LastUsedAt == nil || !list.Items[0].LastUsedAt.Equal(now) {
		t.Errorf("%+v", list.Items)
	}
}

func TestBasicAuthenticationTakesATokenAsThePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.issue("br", token.Viewer)
	for text, want := range map[string]int{made.Text: 200, b.token(): 200, "password": 401, "": 401} {
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+text))
		if r := b.do("GET", "/v1/applications", "", "Authorization", basic); r.Status != want {
			t.Errorf("%q: %d, want %d", text, r.Status, want)
		}
	}
}

func TestTokensThatMakeNoSenseAreRefusedInWords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string]string{
		`{"role":"viewer"}`:                              `"" is no name of a token`,
		`{"name":"a/b","role":"viewer"}`:                 `"a/b" is no name of a token`,
		`{"name":"ci","role":"root"}`:                    `there is no role "root"; the roles are viewer, deployer, operator, admin`,
		`{"name":"ci"}`:                                  `there is no role ""`,
		`{"name":"ci","role":"viewer","expires":"soon"}`: "expires must be a time",
		`{"name":"ci","role":"viewer","expires":"0s"}`:   "expires must be a time",
		`{"name":"ci","role":"viewer","expires":"-1h"}`:  "expires must be a time",
		`{"name":1,"role":"viewer"}`:                     "name must be a text",
		`{"name":"ci","role":"viewer","scope":"x"}`:      `the field "scope" is unknown`,
	} {
		if p := b.do("POST", "/v1/tokens", body).problem(t); p.Status != http.StatusBadRequest || !strings.Contains(p.Detail, want) {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if p := b.do("DELETE", "/v1/tokens/none", "").problem(t); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
	if p := b.do("DELETE", "/v1/tokens/bootstrap", "").problem(t); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "CLOCKER_TOKEN_FILE") {
		t.Errorf("%+v", p)
	}
	if facts := b.facts(); len(facts) != 0 {
		t.Errorf("%+v", facts)
	}
}

func TestAnotherTextInTheTokenFileEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file, before := b.server.cfg.TokenFile, b.token()
	write := func(text string) {
		t.Helper()
		draft := filepath.Join(filepath.Dir(file), "draft")
		if err := os.WriteFile(draft, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(draft, file); err != nil {
			t.Fatal(err)
		}
	}
	status := func(text string) int { return b.do("GET", "/v1/version", "", "Authorization", "Bearer "+text).Status }
	write("clk_another_secret_of_the_admin")
	if got := status(before); got != http.StatusUnauthorized {
		t.Errorf("the old one: %d", got)
	}
	if got := status("clk_another_secret_of_the_admin"); got != http.StatusOK {
		t.Errorf("the new one: %d", got)
	}
	write("short") // of no use
	if got := status("clk_another_secret_of_the_admin"); got != http.StatusOK {
		t.Errorf("after a file of no use: %d", got)
	}
}

func TestRefusalsAreCountedAndLoggedWithoutTheToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var log bytes.Buffer
	b.server.log = slog.New(slog.NewJSONHandler(&log, nil)) // requests are sent one after the other
	viewer := b.issue("eyes", token.Viewer)
	p := b.do("DELETE", "/v1/applications/shop", "", "Authorization", "Bearer "+viewer.Text).problem(t)
	if want := "this needs the role deployer; the token eyes/" + viewer.Token + " has the role viewer"; p.Status != 403 || p.Detail != want {
		t.Errorf("%+v, want %s", p, want)
	}
	b.do("GET", "/v1/version", "", "Authorization", "Bearer clk_wrong_secret")
	for _, want := range []string{
		`"reason":"role","token":"` + viewer.Token + `","method":"DELETE","route":"/v1/applications/:app","remote":"127.0.0.1"`,
		`"reason":"unknown","token":"","method":"GET","route":"/v1/version","remote":"127.0.0.1"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), viewer.Text) || strings.Contains(log.String(), "clk_wrong_secret") {
		t.Error("the log has a token in it")
	}
	text := string(b.do("GET", "/metrics", "").Body)
	for _, want := range []string{`clocker_api_refusals_total{reason="role"} 1`, `clocker_api_refusals_total{reason="unknown"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestWhoFailsAgainAndAgainIsAskedToSlowDownAndNobodyElseIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wrong := []string{"Authorization", "Bearer wrong"}
	for range attemptsMost {
		if r := b.do("GET", "/v1/version", "", wrong...); r.Status != http.StatusUnauthorized {
			t.Fatal(r.Status)
		}
	}
	r := b.do("GET", "/v1/version", "", wrong...)
	if p := r.problem(t); p.Status != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "61" {
		t.Errorf("%+v, Retry-After %s", p, r.Header.Get("Retry-After"))
	}
	if r := b.do("GET", "/v1/version", ""); r.Status != http.StatusOK {
		t.Errorf("a right token from that address: %d", r.Status)
	}
	var a attempts
	for i := range 2 * attemptsKnown {
		a.failed(fmt.Sprint(i), now)
	}
	if len(a.count) != attemptsKnown {
		t.Errorf("%d addresses are kept", len(a.count))
	}
}

func TestWhatIsAskedForSaysWhoAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ci := b.issue("ci", token.Deployer)
	show, by := []string{"Authorization", "Bearer " + ci.Text}, "ci/"+ci.Token
	b.facts()
	deploy := ok[view.Accepted](b, 202, "POST", "/v1/applications", shop, show...)
	resize := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/entities/web/resize", `{"size":3}`, show...)
	remove := ok[view.Accepted](b, 202, "DELETE", "/v1/applications/shop", "", show...)
	facts := b.facts()
	if len(facts) != 3 || facts[0].(events.ApplicationSubmitted).By != by || facts[1].(events.OperationRequested).By != by ||
		facts[2].(events.OperationRequested).By != by {
		t.Errorf("%+v", facts)
	}
	for _, id := range []string{deploy.Operation, resize.Operation, remove.Operation} {
		if o := ok[view.Operation](b, 200, "GET", "/v1/operations/"+id, ""); o.RequestedBy != by {
			t.Errorf("%+v", o)
		}
	}
}

func TestAnIdempotencyKeyIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := []string{"Idempotency-Key", "k", "Authorization"}
	one, two := b.issue("one", token.Deployer), b.issue("two", token.Deployer)
	if r := b.do("POST", "/v1/applications", shop, append(key, "Bearer "+one.Text)...); r.Status != http.StatusAccepted {
		t.Fatal(r.Status)
	}
	if r := b.do("POST", "/v1/applications", shop, append(key, "Bearer "+two.Text)...); r.Status != http.StatusConflict {
		t.Errorf("another's key was answered with %d %s", r.Status, r.Body)
	}
}
