package cli

import (
	"strings"
	"testing"

	"clocker.io/cmd/clocker/internal/client"
)

func TestDeployThatFailsSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"failed"}]}`)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"failed","reason":"its name is taken","image":{"state":"ready"}}`)
	f.operation(`"failed","reason":"shop/web/0 is failed"`)
	f.storyOf(true)
	const says = "clocker: deploy of shop failed: shop/web/0 is failed\n  hint: once that is mended: clocker restart shop    or take it away: clocker delete shop\n"
	if r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait"); r.code != exitFailed || !strings.HasSuffix(r.err, says) {
		t.Errorf("%+v, want it to end with %s", r, says)
	}
}

// To give up what was asked of an application that runs is not to delete it.
func TestWhatCannotBePlacedIsGivenUpByItsOperation(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"deploy": "    Give it up: clocker operations cancel op1", "resize": "    Give it up: clocker operations cancel op1", "restart": ""} {
		if got := giveUp(client.Operation{Operation: "op1", Kind: kind}); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

func TestOutputThatIsNotThereIsNotSilence(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/applications/shop/logs", 200, "")
	f.answer("GET /v1/containers/shop/web/0/logs", 200, "")
	f.run(t.Context(), "", "logs", "shop").check(t, exitOK, "", "shop has printed nothing\n")
	f.run(t.Context(), "", "logs", "shop/web/0", "--since", "5m").check(t, exitOK, "", "shop/web/0 has printed nothing since 5m\n")
}
