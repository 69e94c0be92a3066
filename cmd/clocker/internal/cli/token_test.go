package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestATokenIsMadeListedAndRevoked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("POST /v1/tokens", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"expires":"720h0m0s","name":"ci","role":"deployer"}` {
			t.Errorf("%s %v", body, err)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"token":"k1","name":"ci","role":"deployer","expiresAt":"2026-02-01T00:00:00Z","text":"clk_k1_secret"}`)
	})
	f.answer("GET /v1/tokens", 200, `{"items":[{"token":"k1","name":"ci","role":"deployer","state":"active","createdBy":"bootstrap",
		"createdAt":"2026-01-02T03:00:00Z","lastUsedAt":"2026-01-02T03:59:00Z"},
		{"token":"k2","name":"eyes","role":"viewer","state":"expired","createdBy":"ci/k1","createdAt":"2026-01-02T03:00:00Z","expiresAt":"2026-01-02T03:30:00Z"}]}`)
	f.answer("DELETE /v1/tokens/k1", 200, `{"token":"k1","name":"ci"}`)
	f.run(t.Context(), "", "token", "create", "ci", "--role", "deployer", "--expires", "720h").check(t, 0, "clk_k1_secret\n",
		"token k1 with the role deployer, taken until 2026-02-01T00:00:00Z. This is the only time that it is shown:\n")
	f.run(t.Context(), "", "token", "ls").check(t, 0, `TOKEN  NAME  ROLE      STATE    CREATED BY  AGE  USED    EXPIRES
k1     ci    deployer  active   bootstrap   1h   1m ago
k2     eyes  viewer    expired  ci/k1       1h   never   2026-01-02T03:30:00Z
`, "")
	f.run(t.Context(), "", "token", "revoke", "k1").check(t, 0, "", "token k1 (ci) is revoked\n")
}

func TestTokenCommandsThatCannotBeMeantAreExplained(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/tokens", 201, `{"token":"k1","name":"ci"}`)
	text := "clk_k1_" + strings.Repeat("a", 52)
	tests := []struct {
		name, args string
		code       int
		talk       string
	}{
		{"no role", "token create ci", 2, "clocker: --role is missing: viewer, deployer, operator or admin\n"},
		{"no name", "token create --role admin", 2, "clocker: NAME is missing: clocker token create NAME --role ROLE [flags]\n"},
		{"the text", "token revoke " + text, 1, "clocker: give the id of the token, the part after clk_; its text belongs into no command line\n"},
		{"lost", "token create ci --role admin", 1, "clocker: the token was made, but its text was lost on the way: " +
			"revoke it with clocker token revoke k1, and make another\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), "", strings.Fields(tt.args)...).check(t, tt.code, "", tt.talk)
		})
	}
}
