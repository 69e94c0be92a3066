package cli

import (
	"strings"
	"testing"
)

func TestRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 400, `{"status":400,"code":"invalid","detail":"the blueprint has 1 fault","errors":[
		{"pointer":"/services/0/tpye","line":3,"column":5,"detail":"unknown key \"tpye\"","hint":"did you mean \"type\"?"}]}`)
	f.answer("GET /v1/applications", 401, `{"status":401,"code":"denied","detail":"the token is not known"}`)
	f.answer("DELETE /v1/applications/none", 404, `{"status":404,"code":"not-found","detail":"no application none"}`)
	f.answer("POST /v1/applications/shop/entities/web/resize", 409, `{"status":409,"code":"conflict","detail":"shop is being deleted"}`)
	blueprint := "id: shop\nservices:\n  - tpye: docker:x\n"
	tests := []struct {
		name, args string
		code       int
		talk       string
	}{
		{"blueprint", "deploy -", 1, `stdin:3:5: unknown key "tpye" (/services/0/tpye)
    3 |   - tpye: docker:x
      |     ^
  hint: did you mean "type"?
clocker: the blueprint has 1 fault
`},
		{"token", "apps", 4, "clocker: the token is not known\n" +
			"  hint: the token comes from $CLOCKER_TOKEN; is it that of this installation?\n"},
		{"not found", "delete none -y", 3, "clocker: no application none\n"},
		{"conflict", "scale shop/web=3", 5, "clocker: shop is being deleted\n"},
		{"no file", "deploy /none.yaml", 2, "clocker: there is no file /none.yaml\n"},
		{"no answer without a terminal", "delete shop", 2, "clocker: shop was not deleted; -y deletes it without a question\n"},
		{"misspelt command", "depoly x", 2, "clocker: unknown command \"depoly\"; did you mean deploy?; see: clocker --help\n"},
		{"misspelt flag", "ps --al", 2, "clocker: unknown flag: --al; see: clocker ps --help\n"},
		{"too few arguments", "logs", 2, "clocker: APP[/ENTITY[/N]] is missing: clocker logs APP[/ENTITY[/N]] [flags]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), blueprint, strings.Fields(tt.args)...).check(t, tt.code, "", tt.talk)
		})
	}
}
