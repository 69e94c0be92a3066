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

const noCommand = `the image has no command serv; attempt 2 at 03:04:07 UTC`

// A typo in a command is told at the first attempt, not when the last one has failed.
func TestWhatTheEngineRefusesIsToldWhileItIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"cleared","stage":"cleared","host":"localhost","attempt":1,
		"reason":"`+noCommand+`","updatedAt":"2026-01-02T03:59:58Z"}]}`)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"cleared","stage":"cleared","reason":"`+noCommand+`","restarts":1}`)
	f.operation(`"done"`)
	f.tell("container.refused", `{`+web+`,"host":"localhost","attempt":0,"reason":"the image has no command serv","next":"2026-01-02T03:04:05Z"}`)
	f.tell("container.refused", `{`+web+`,"host":"localhost","attempt":1,"reason":"the image has no command serv","next":"2026-01-02T03:04:07Z"}`)
	f.storyOf(true)
	says := "shop/web/0: cannot start on localhost: the image has no command serv; attempt 1 at 03:04:05 UTC\n" +
		"shop/web/0: cannot start on localhost: " + noCommand + "\n"
	if r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait"); r.code != exitOK || !strings.HasPrefix(r.err, says) {
		t.Errorf("%+v, want it to begin with %s", r, says)
	}
	f.run(t.Context(), "", "ps").check(t, exitOK, "CONTAINER   STATE    HOST       AGE  RESTARTS  REASON\n"+
		"shop/web/0  cleared  localhost  2s   1         "+noCommand+"\n", "")
	f.run(t.Context(), "", "explain", "shop/web/0").check(t, exitOK, "shop/web/0  cleared\n  stage      cleared\n  reason     "+noCommand+"\n  restarts   1\n", "")
}
