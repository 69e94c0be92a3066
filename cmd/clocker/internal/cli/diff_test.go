package cli

import (
	"net/http"
	"strings"
	"testing"
)

const shopDiffers = `{"deployed":true,"fields":[{"field":"cloud","change":"changed","before":"c","after":"d"}],"entities":[
	{"entity":"web","change":"changed","fields":[{"field":"size","change":"changed","before":"2","after":"5"},{"field":"env.PASSWORD","change":"changed"},
		{"field":"latch","change":"removed","before":"db.service.isUp"}]},
	{"entity":"cache","change":"added","fields":[{"field":"image","change":"added","after":"redis:7"}]},
	{"entity":"db","change":"removed","fields":[]}],"containers":{"before":3,"after":6},"refusal":"an application shop is there already"}`

const shopSame = `"fields":[],"entities":[],"containers":{"before":3,"after":3},"refusal":"an application shop is there already"}`

func TestADifferenceIsToldAndIsACodeWhenAskedFor(t *testing.T) {
	t.Parallel()
	const said = `~ shop
    cloud  c → d
~ shop/web  changed
    size          2 → 5
    env.PASSWORD  (changed)
    latch         db.service.isUp (removed)
+ shop/cache  added
    image  redis:7
- shop/db  removed
containers: 3, then 6
deploy would refuse it: an application shop is there already
`
	for changes, want := range map[string]struct {
		out, talk string
		code      int
	}{
		shopDiffers: {said, "", exitDiffers},
		`{"deployed":true,"state":"running",` + shopSame:                                            {"", "shop runs as stdin says\n", exitOK},
		`{"deployed":true,"state":"starting","reason":"shop/web/0 is cleared",` + shopSame:          {"", "shop is deployed as stdin says, and is starting: shop/web/0 is cleared\n", exitOK},
		`{"deployed":true,"state":"submitted",` + shopSame:                                          {"", "shop is deployed as stdin says, and is submitted\n", exitOK},
		`{"deployed":true,"state":"failed","reason":"shop/web/0 failed: no such image",` + shopSame: {"", "shop is deployed as stdin says, and is failed: shop/web/0 failed: no such image\n", exitOK},
		`{"deployed":true,` + shopSame:                                                              {"", "shop is deployed as stdin says\n", exitOK}, // of an API that does not say the state
		`{"deployed":false,"state":"stopping","fields":[],"entities":[{"entity":"web","change":"added","fields":[]}],"containers":{"before":0,"after":3},
			"refusal":"an application shop is being deleted"}`: {`shop is being deleted; once it is gone, this would be new
+ shop/web  added
containers: 0, then 3
deploy would refuse it: an application shop is being deleted
`, "", exitDiffers},
		`{"deployed":false,"fields":[],"entities":[],"containers":{"before":0,"after":0}}`: {"shop is not deployed; it would be new\ncontainers: 0, then 0\n", "", exitDiffers},
	} {
		f := newFake(t)
		f.mux.HandleFunc("POST /v1/applications", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "dry_run=true" {
				t.Errorf("asked for %q, which deploys", r.URL.RawQuery)
			}
			_, _ = w.Write([]byte(`{"application":"shop","changes":` + changes + `}`))
		})
		f.run(t.Context(), "id: shop", "diff", "-").check(t, exitOK, want.out, want.talk)
		f.run(t.Context(), "id: shop", "diff", "-", "--exit-code").check(t, want.code, want.out, want.talk)
	}
}

func TestADiffOfABadBlueprintSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 400, `{"status":400,"code":"invalid","detail":"the blueprint has a problem","errors":[{"line":1,"detail":"no id"}]}`)
	r := f.run(t.Context(), "id: shop", "diff", "-", "--exit-code")
	if r.code != exitFailed || !strings.HasPrefix(r.err, "stdin:1: no id") {
		t.Errorf("%+v", r)
	}
}
