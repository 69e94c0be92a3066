package blueprint

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func options() Options {
	return Options{
		Clouds:  []string{"my-docker-cloud", "other-cloud"},
		Context: &Context{Digest: strings.Repeat("c", 64), Files: map[string]bool{"web/Dockerfile": true}},
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it):\n%s", file, got)
	}
}

func said(problems []Problem) []byte {
	var b bytes.Buffer
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	return b.Bytes()
}

func TestGoodBlueprintsBecomeApplications(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			app, found := Parse(text, options())
			if len(found.Problems) > 0 {
				t.Fatalf("refused:\n%s", said(found.Problems))
			}
			got, err := json.MarshalIndent(app, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".json", append(got, '\n'))
		})
	}
}

func TestBadBlueprintsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			opts := options()
			if strings.Contains(string(text), "# no context") {
				opts.Context = nil
			}
			app, found := Parse(text, opts)
			if len(found.Problems) == 0 {
				t.Fatal("accepted")
			}
			if app.ID != "" || app.Entities != nil {
				t.Error("problems and an application")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", said(found.Problems))
		})
	}
}

func TestCommaSeparatedPortsAreReadInOrder(t *testing.T) {
	t.Parallel()
	app, found := Parse([]byte("id: a\nservices: [{type: 'docker:x', openPorts: ['80,443', 53/udp]}]"), Options{})
	if len(found.Problems) > 0 {
		t.Fatalf("refused:\n%s", said(found.Problems))
	}
	var got []string
	for _, p := range app.Entities[0].OpenPorts {
		got = append(got, portText(p))
	}
	if s := strings.Join(got, " "); s != "80/tcp 443/tcp 53/udp" {
		t.Error(s)
	}
}

func TestAnAliasBombIsRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := range 30 {
		fmt.Fprintf(&b, "a%[2]d: &a%[2]d [*a%[1]d, *a%[1]d]\n", i, i+1)
	}
	_, found := Parse([]byte(b.String()), Options{})
	if len(found.Problems) != 1 || !strings.Contains(found.Problems[0].Message, "50000 values") {
		t.Errorf("problems: %s", said(found.Problems))
	}
}

func TestProblemsOfOneDocumentAreBounded(t *testing.T) {
	t.Parallel()
	text := "id: a\nservices:\n- type: docker:x\n  env:\n" + strings.Repeat("  - bad\n", 5000)
	_, found := Parse([]byte(text), Options{})
	if len(found.Problems) != maxProblems {
		t.Errorf("%d problems", len(found.Problems))
	}
}

// A document of the largest size that is taken must not keep a processor busy, whatever it says.
func TestLargeDocumentsAreReadInAMoment(t *testing.T) {
	t.Parallel()
	head := "id: a\nservices:\n- id: x\n  type: docker:x\n"
	numbers := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i+1)
		}
		return b.String()
	}
	tests := map[string]string{
		"ports":      head + "  openPorts: \"" + numbers("%d, ", 65535) + "80\"\n",
		"variables":  head + "  env:\n" + numbers("    V%d: x\n", 24000),
		"keys":       head + numbers("  key-that-is-unknown-%d: x\n", 20000),
		"volumes":    head + "  volumes:\n" + numbers("  - v%d:/x\n", 20000),
		"references": head + "  entrypoint:\n" + numbers("  - $brooklyn:component(\"y%d\").attributeWhenReady(\"service.isUp\")\n", 12000),
		"brackets":   "id: " + strings.Repeat("[", 100_000),
		"calls":      head + "  commands: $brooklyn:" + strings.Repeat("f(", 100_000) + "\n",
		"words":      head + "  commands: " + strings.Repeat("a ", 400_000) + "\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			Parse([]byte(text), options())
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("%s for %d bytes", took, len(text))
			} else {
				t.Log(took)
			}
		})
	}
}

// What is too much for anybody is refused at its place, in few words.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	service := "id: a\nservices:\n- {type: 'docker:x', "
	long := strings.Repeat("x", maxText)
	for text, want := range map[string]string{
		"id: a\nx: " + strings.Repeat("[", 20_000):                  "values are nested too deep here [over-limit]",
		"id: a\nx: [" + strings.Repeat("1,", maxNodes) + "]":        "the blueprint has more than 50000 values [over-limit]",
		"id: a\nx: [&a 1, " + strings.Repeat("*a,", maxNodes) + "]": "the blueprint has more than 50000 values once its aliases are followed [over-limit]",
		service + "env: {A: " + long + "}}":                         "/services/0: env, entrypoint, commands and healthCheck of a service take 65 KiB together, at most 64 [over-limit]",
		service + "commands: [x" + long + "]}":                      "/services/0: env, entrypoint, commands and healthCheck of a service take 65 KiB together, at most 64 [over-limit]",
		service + "healthCheck: {command: [x" + long + "]}}":        "/services/0: env, entrypoint, commands and healthCheck of a service take 65 KiB together, at most 64 [over-limit]",
		service + "volumes: ['v:" + strings.Repeat("/x", 2048) + "']}": `/services/0/volumes/0: the path "` + strings.Repeat("/x", 28) +
			`/..." is too long for Linux: it takes 4095 bytes, 255 in each name [bad-volume]`,
		service + "env: {A: '$brooklyn:formatString(\"" + long + "%s\")'}}": `/services/0/env/A: formatString: "%s" asks for argument 1 of 0 [bad-format]`,
	} {
		_, found := Parse([]byte(text), Options{})
		if got := string(said(found.Problems)); !strings.Contains(got, ": "+want+"\n") || len(got) > 1000 {
			t.Errorf("%.40s... says %d bytes, %.400s\nwant %s", text, len(got), got, want)
		}
	}
}
