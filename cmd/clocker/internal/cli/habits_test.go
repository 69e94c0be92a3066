package cli

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhatPeopleKnowFromElsewhereIsAnsweredWithWhatToType(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for args, talk := range map[string]string{
		"start":                       `unknown command "start"; did you mean up?; see: clocker --help`,
		"stop shop":                   `unknown command "stop"; did you mean delete or down?; see: clocker --help`,
		"status":                      `unknown command "status"; did you mean apps, inspect or ps?; see: clocker --help`,
		"Apply x":                     `unknown command "Apply"; did you mean deploy?; see: clocker --help`,
		"apply -f shop.yaml":          `unknown command "apply"; did you mean deploy?; see: clocker --help`,
		"kubectl --fast":              `unknown command "kubectl"; see: clocker --help`,
		"network inspect shop":        `unknown command "inspect"; did you mean show?; see: clocker network --help`,
		"deploy -f shop.yaml":         `unknown flag: -f; the file is an argument: clocker deploy FILE`,
		"validate --file x":           `unknown flag: --file; the file is an argument: clocker validate FILE`,
		"deploy x -d":                 `unknown flag: -d; it waits with --wait alone`,
		"rm shop --force":             `unknown flag: --force; -y deletes it without a question`,
		"ps -aq":                      `unknown flag: -a; all containers are listed`,
		"ps --json":                   `unknown flag: --json; JSON is had with -o json`,
		"ps -c prod":                  `unknown flag: -c; a context is named with --ctx`,
		"ps -H x":                     `unknown flag: -H; another installation is named with --url`,
		"events --tail 3":             `unknown flag: --tail; the last ones are had with: clocker events | tail`,
		"up --port 80":                `unknown flag: --port; the address is a setting: CLOCKER_LISTEN=127.0.0.1:8090 clocker up`,
		"events --app shop":           `unknown flag: --app; did you mean --application?; see: clocker events --help`,
		"restart a --wiat":            `unknown flag: --wiat; did you mean --wait?; see: clocker restart --help`,
		"ps --zzz":                    `unknown flag: --zzz; see: clocker ps --help`,
		"up shop.yaml":                `"shop.yaml" is one argument too many: it runs Clocker itself; to deploy a blueprint: clocker deploy shop.yaml`,
		"events shop":                 `"shop" is one argument too many: those of one application: clocker events --application shop`,
		"scale shop/web 3":            `the size is part of the argument: clocker scale shop/web=3`,
		"scale shop/web=1 shop/web=2": `"shop/web=2" is one argument too many: clocker scale APP/ENTITY=N [flags]`,
		"scale shop/web=+1":           `"+1" is no size: it is how many members there should be, and not how many more or less, such as shop/web=3`,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), "", strings.Fields(args)...).check(t, exitUsage, "", "clocker: "+talk+"\n")
		})
	}
}

func TestTheVersionIsHadAsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	want := versionLine("clocker", version())
	for _, args := range []string{"--version", "-v"} {
		f.run(t.Context(), "", args).check(t, exitOK, want, "")
	}
}

func TestANameThatIsNotThereIsAnsweredWithTheOneThatIs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answerAll(f)
	const none = `{"status":404,"code":"not-found","detail":"it is not there"}`
	for _, path := range []string{
		"GET /v1/applications/{app}", "GET /v1/applications/{app}/entities/{e}", "GET /v1/applications/{app}/logs", "GET /v1/containers/{app}/{e}/{n}",
		"GET /v1/networks/{app}",
		"DELETE /v1/applications/{app}", "POST /v1/applications/{app}/entities/{e}/resize", "POST /v1/hosts/{host}/cordon",
	} {
		f.answer(path, http.StatusNotFound, none)
	}
	for args, near := range map[string]string{
		"inspect shpo":               "shop",
		"delete -y shpo":             "shop",
		"network show shp":           "shop",
		"logs shpo":                  "shop",
		"inspect shop/wbe":           "shop/web",
		"scale shop/wbe=2":           "shop/web",
		"inspect web":                "shop/web",
		"inspect shop-web":           "shop/web",
		"inspect clk-shop-web-0-g12": "shop/web/0",
		"cordon locahlost":           "localhost",
		"inspect other":              "",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			want := "clocker: it is not there\n"
			if near != "" {
				want += "  hint: did you mean " + near + "?\n"
			}
			f.run(t.Context(), "", strings.Fields(args)...).check(t, exitNotFound, "", want)
		})
	}
}

func TestNobodyIsAskedWhetherToDeleteWhatIsNotThere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/applications/none", http.StatusNotFound, `{"status":404,"code":"not-found","detail":"there is no application \"none\""}`)
	s := f.shell()
	var said strings.Builder
	s.In, s.Err, s.ErrTerminal, s.noColor = strings.NewReader("y\n"), &said, true, true
	if code := s.Run(t.Context(), []string{"delete", "none", "--no-color"}); code != exitNotFound || said.String() != "clocker: there is no application \"none\"\n" {
		t.Errorf("%d %q", code, said.String())
	}
}

// Whoever has no token is told where one would be and who has it, and nothing of HTTP.
func TestWhoHasNoTokenIsToldWhereOneComesFrom(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("/", http.StatusUnauthorized, `{"status":401,"code":"unauthorized","detail":"a token is needed; send Authorization: Bearer"}`)
	s := f.shell()
	dir := t.TempDir()
	s.Env = func(k string) string { return map[string]string{"CLOCKER_URL": f.server.URL, "CLOCKER_DATA": dir}[k] }
	var said strings.Builder
	s.Err = &said
	want := "clocker: the Clocker at " + f.server.URL + " wants a token, and there is none: it would come from " + dir +
		"/token, as $CLOCKER_TOKEN is not set\n" +
		"  hint: run this as the account that runs Clocker (sudo clocker ...), or with a token that it makes: clocker token create NAME --role ROLE\n"
	if code := s.Run(t.Context(), []string{"ps"}); code != exitDenied || said.String() != want {
		t.Errorf("%d %q, want %q", code, said.String(), want)
	}
	s.asked.url = "https://far:8080"
	if hint := s.tokenless(); !strings.HasPrefix(hint, "ask whoever runs it for a token") {
		t.Errorf("of another machine: %s", hint)
	}
}
