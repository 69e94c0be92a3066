package up

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/client"
)

// fakeEngine answers requests by method and path without the API version, and notes bodies.
type fakeEngine struct {
	mu      sync.Mutex
	answers map[string]string // "GET /x" → body; a body of "404" or "500 why" is a refusal
	asked   map[string]string
}

func (f *fakeEngine) client(t *testing.T) *client.Client {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	c, err := client.NewClientWithOpts(client.WithHost("tcp://"+strings.TrimPrefix(s.URL, "http://")), client.WithVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	key := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1.41")
	f.asked[key] = string(body)
	answer, ok := f.answers[key]
	w.Header().Set("Content-Type", "application/json")
	if !ok || answer == "404" {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"message":"no such thing"}`
	}
	if why, failed := strings.CutPrefix(answer, "500 "); failed {
		w.WriteHeader(http.StatusInternalServerError)
		answer = `{"message":"` + why + `"}`
	}
	_, _ = io.WriteString(w, answer)
	if r.URL.Path == "/v1.41/containers/create" { // from now on it is there
		f.answers["GET /containers/"+r.URL.Query().Get("name")+"/json"] = runningPostgres
	}
}

const runningPostgres = `{"Id":"c1","Config":{"Labels":{"io.clocker.part-of":"inst"}},
	"NetworkSettings":{"Ports":{"5432/tcp":[{"HostIp":"127.0.0.1","HostPort":"40001"}]}}}`

func TestPostgresImageThatCannotBePulled(t *testing.T) {
	t.Parallel()
	f := &fakeEngine{asked: map[string]string{}, answers: map[string]string{"POST /images/create": "500 no route to the registry"}}
	err := haveImage(t.Context(), f.client(t), "postgres:17")
	if err == nil || !strings.Contains(err.Error(), "no route to the registry") {
		t.Errorf("error %v", err)
	}
	text := noDatabase(errors.New("no binaries"), err, "postgres:17").Error()
	if !strings.Contains(text, "docker pull postgres:17") {
		t.Errorf("no way out is named: %s", text)
	}
}

func TestPostgresContainerIsMadeOnce(t *testing.T) {
	t.Parallel()
	f := &fakeEngine{asked: map[string]string{}, answers: map[string]string{
		"POST /volumes/create": `{"Name":"pg"}`, "POST /containers/create": `{"Id":"c1"}`, "POST /containers/pg/start": "",
	}}
	e := engine{c: f.client(t), name: "pg", image: "postgres:17", password: "secret",
		labels: map[string]string{labelPart: "postgres", labelPartOf: "inst"}}
	for round := range 2 {
		port, err := e.ensure(t.Context())
		if err != nil || port != "40001" {
			t.Fatalf("round %d: port %q, %v", round, port, err)
		}
		if _, made := f.asked["POST /containers/create"]; made != (round == 0) {
			t.Errorf("round %d: made %v", round, made)
		}
		if round == 0 {
			checkContainer(t, f.asked["POST /containers/create"])
		}
		clear(f.asked)
	}
}

func checkContainer(t *testing.T, body string) {
	t.Helper()
	var got struct {
		Image      string
		Labels     map[string]string
		Env        []string
		HostConfig struct {
			PortBindings map[string][]struct{ HostIp string }
			Mounts       []struct{ Source, Target string }
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	switch {
	case got.Image != "postgres:17" || got.Labels[labelPartOf] != "inst" || got.Labels["io.clocker.installation"] != "":
		t.Errorf("image %s, labels %v", got.Image, got.Labels)
	case !strings.Contains(strings.Join(got.Env, " "), "POSTGRES_PASSWORD=secret"):
		t.Errorf("environment %v", got.Env)
	case len(got.HostConfig.PortBindings["5432/tcp"]) != 1 || got.HostConfig.PortBindings["5432/tcp"][0].HostIp != "127.0.0.1":
		t.Errorf("ports %v", got.HostConfig.PortBindings)
	case len(got.HostConfig.Mounts) != 1 || got.HostConfig.Mounts[0].Source != "pg":
		t.Errorf("mounts %v", got.HostConfig.Mounts)
	}
}

func TestForeignPostgresContainerIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := &fakeEngine{asked: map[string]string{}, answers: map[string]string{
		"GET /containers/pg/json": strings.Replace(runningPostgres, "inst", "another", 1),
	}}
	e := engine{c: f.client(t), name: "pg", image: "postgres:17", labels: map[string]string{labelPartOf: "inst"}}
	if _, err := e.ensure(t.Context()); err == nil || !strings.Contains(err.Error(), "is not ours") {
		t.Errorf("error %v", err)
	}
	if len(f.asked) != 1 {
		t.Errorf("it was touched: %v", f.asked)
	}
}
