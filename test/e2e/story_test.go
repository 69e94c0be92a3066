package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// shop is the smallest application that uses the whole line: an image built here, two members, a host port each, a
// latch, a value that waits for a sensor, a volume.
const shop = `
id: APPLICATION
name: Shop
location: my-docker-cloud
services:
  - type: docker:web
    id: web
    brooklyn.config:
      dockerfile: Dockerfile
      initialSize: 2
      openPorts: [8080]
      env:
        WHO: web
        STORE: $brooklyn:formatString("%s:8080", $brooklyn:component("store").attributeWhenReady("host.subnet.hostname"))
      healthCheck: {http: /healthz, port: 8080, interval: 200ms}
      launch.latch: $brooklyn:component("store").attributeWhenReady("service.isUp")
  - type: docker:store
    id: store
    brooklyn.config:
      dockerfile: Dockerfile
      env: {WHO: store}
      volumes: ["data:/data"]
      healthCheck: {tcp: true, port: 9090, interval: 200ms}
`

// The story of one application, from the accepted blueprint to the last thing of it gone: what each service states, and
// because of what.
func TestTheStoryOfOneApplication(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	// The host comes with the first application: it is no part of the second one's story.
	r.Remove(r.Deploy(oneService(r.ID("first"), "serve")))

	context := r.Fixture()
	if err := os.WriteFile(filepath.Join(context, "story"), nil, 0o644); err != nil { // so that its image is a new one
		t.Fatal(err)
	}
	a := r.API.Deploy(strings.ReplaceAll(shop, "APPLICATION", r.ID("shop")), context)
	r.Healthy(a)
	t.Run("names resolve from inside a container", func(t *testing.T) { namesResolve(t, r) })
	t.Run("published ports answer", func(t *testing.T) { portsAnswer(t, r) })
	// Its endpoints are marked beside the line, and may be so after the application is healthy.
	r.Events.WaitFor(rig.Limit, 0, "endpoints to be healthy", 3, func(e rig.Event) bool {
		return e.Topic == "endpoint.changed" && e.UID == a.UID
	})
	r.Remove(a)
	r.Events.Wait(0, "the deletion to be finished", func(e rig.Event) bool {
		return e.Topic == "operation.finished" && e.UID == a.UID && strings.Contains(string(e.Data), `"kind":"delete"`)
	})
	golden(t, filepath.Join("testdata", "story", "shop.golden"), tell(r, a))
}

func namesResolve(t *testing.T, r *rig.Rig) {
	addresses, id := map[string]string{}, r.ID("shop")
	for _, c := range r.API.Containers(id) {
		addresses[strings.TrimPrefix(c.Container, id+"/")] = c.Address
	}
	from, zone := "clk-"+id+"-web-0-g1", id+".clocker.internal"
	for name, want := range map[string][]string{
		"store." + zone: {addresses["store/0"]},
		"0.web." + zone: {addresses["web/0"]},
		"1.web." + zone: {addresses["web/1"]},
		"web." + zone:   {addresses["web/0"], addresses["web/1"]},
		"store":         {addresses["store/0"]}, // by the search list
	} {
		slices.Sort(want)
		got, err := r.Resolve(from, name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s resolves to %q (%v), want %q", name, got, err, want)
		}
	}
	if got, err := r.Resolve(from, "nobody."+zone); err == nil {
		t.Errorf("a name that nobody has resolves to %q", got)
	}
}

func portsAnswer(t *testing.T, r *rig.Rig) {
	members := 0
	for _, c := range r.API.Containers(r.ID("shop")) {
		for _, p := range c.Ports {
			members++
			page, err := rig.Page(fmt.Sprintf("http://%s:%d/", r.PublishAddress(), p.HostPort))
			if err != nil || !strings.HasPrefix(page, "web ") {
				t.Errorf("%s at port %d says %q (%v)", c.Container, p.HostPort, page, err)
			}
		}
	}
	if members != 2 {
		t.Errorf("%d ports are published, want 2", members)
	}
}

// tell writes the events of an application: first its own, then those of each container, in order. Between containers,
// and between a container and its image, no order is promised. What differs from run to run is replaced.
func tell(r *rig.Rig, a rig.Accepted) string {
	chapters := map[string][]string{}
	for _, e := range r.Events.All(0, func(e rig.Event) bool { return e.UID == a.UID }) {
		title := "shop"
		switch {
		case e.Entity != "" && e.Generation > 0:
			title = "shop " + strings.TrimPrefix(e.Path(), r.ID("shop")+"/")
		case strings.HasPrefix(e.Topic, "image."):
			title = "shop (image)"
		}
		if e.Topic == "container.waiting" && !strings.Contains(string(e.Data), "service.isUp") {
			continue // whether a container waits for its image or is later than it, is chance
		}
		source := strings.TrimPrefix(e.Source, "clocker/")
		because := "what an agent saw"
		switch {
		case e.Cause > 0:
			because = r.Events.Topic(e.Cause)
		case source == "api":
			because = "a request"
		}
		if because == "image.ready" || because == "container.addressed" || because == "image.failed" {
			because = "container.addressed or image.ready" // whichever came last
		}
		chapters[title] = append(chapters[title], fmt.Sprintf("  %-22s %-12s because of %s\n%s", e.Topic, source, because,
			strings.NewReplacer(r.ID("shop"), "shop", a.UID, "<uid>").Replace(details(e))))
	}
	var b strings.Builder
	for _, title := range slices.Sorted(maps.Keys(chapters)) {
		b.WriteString(title + "\n" + strings.Join(chapters[title], "") + "\n")
	}
	return b.String()
}

// details are a fact's fields, one a line, but for those that say what it is about.
func details(e rig.Event) string {
	var fields map[string]any
	if err := json.Unmarshal(e.Data, &fields); err != nil {
		return "      " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains([]string{"application", "uid"}, name) || (e.Generation > 0 && slices.Contains([]string{"entity", "ordinal"}, name)) {
			continue
		}
		text, err := json.Marshal(fields[name])
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, "      %s: %s\n", name, plain(string(text)))
	}
	return b.String()
}

var changing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "<image>"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "<engine id>"},
	{regexp.MustCompile(`\b02:42(:[0-9a-f]{2}){4}\b`), "<mac>"},
	{regexp.MustCompile(`\b10\.\d+\.\d+\.\d+\b`), "<address>"},
	{regexp.MustCompile(`"hostPort":\d+`), `"hostPort":<port>`},
	{regexp.MustCompile(`\b[0-9a-f]{24}\b`), "<image key>"},
	{regexp.MustCompile(`\bop-[0-9a-z]{14}\b`), "<operation>"},
}

func plain(text string) string {
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.name)
	}
	return text
}

// golden compares a text with what is kept of it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if string(want) != got {
		t.Errorf("%s differs; -update writes it anew\n%s", path, difference(string(want), got))
	}
}

// difference shows the first lines that differ, with some around them.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	show := func(lines []string) string {
		return strings.Join(lines[min(len(lines), max(0, i-4)):min(len(lines), i+14)], "\n")
	}
	return fmt.Sprintf("from line %d on, want:\n%s\n---- got:\n%s\n---- all of it:\n%s", i+1, show(w), show(g), got)
}

// oneService is a blueprint of one entity called web, whose members run the fixture with these words.
func oneService(id string, words string, more ...string) string {
	return fmt.Sprintf(`
id: %s
name: %s
location: my-docker-cloud
services:
  - type: docker:web
    id: web
    brooklyn.config:
      dockerfile: Dockerfile
      commands: [%s]
      %s
`, id, id, strings.Join(strings.Fields(words), ", "), strings.Join(more, "\n      "))
}
