package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	goodBlueprint = "id: shop\nservices:\n  - type: docker:nginx:1.27\n    id: web\n    initialSize: 2\n"
	badBlueprint  = "id: shop\nservices:\n  - type: docker:nginx:1.27\n    oepnPorts: [80]\n    memory: 5\n"
)

// alone runs a command line where no server answers.
func alone(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	f := newFake(t)
	f.server.Close()
	return f.run(t.Context(), stdin, args...)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestValidateNeedsNoServer(t *testing.T) {
	t.Parallel()
	alone(t, goodBlueprint, "validate", "-").check(t, 0, "stdin: application shop, 1 service, 2 containers\n", "")
	r := alone(t, badBlueprint, "validate", "-")
	if r.code != 1 || !strings.Contains(r.out, "stdin:4:5: unknown key") || !strings.Contains(r.out, "stdin:5:13: memory is less") ||
		r.err != "clocker: the blueprint has 2 problems\n" {
		t.Errorf("%+v", r)
	}
}

func TestValidateOfSeveralFilesEndsAsTheWorstOfThem(t *testing.T) {
	t.Parallel()
	good, bad, none := write(t, "good.yaml", goodBlueprint), write(t, "bad.yaml", badBlueprint), filepath.Join(t.TempDir(), "none.yaml")
	for _, tt := range []struct {
		files []string
		code  int
		talk  string
	}{
		{[]string{good, good}, 0, ""},
		{[]string{good, bad}, 1, "1 of 2 blueprints have problems, 2 together"},
		{[]string{bad, none, good}, 2, "there is no file"},
		{nil, 2, "name one or more files"},
	} {
		r := alone(t, "", append([]string{"validate"}, tt.files...)...)
		if r.code != tt.code || !strings.Contains(r.err, tt.talk) {
			t.Errorf("%q: %+v", tt.files, r)
		}
		for _, file := range tt.files { // one that cannot be read keeps none of the others from being looked at
			if file != none && !strings.Contains(r.out, file) {
				t.Errorf("%q: nothing of %s in %s", tt.files, file, r.out)
			}
		}
	}
}

func TestValidateWritesWhatEditorsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, args string }{
		{"validate.json", "-o json"}, {"validate.gcc", "--format gcc"}, {"validate.sarif", "--format sarif"},
		{"validate-tolerant.json", "--tolerant -o json"}, {"validate-tolerant.gcc", "--tolerant --format gcc"},
	} {
		r := alone(t, badBlueprint, append([]string{"validate", "-"}, strings.Fields(tt.args)...)...)
		if r.code != 1 {
			t.Errorf("%s: %+v", tt.args, r)
		}
		golden(t, filepath.Join("output", tt.file), strings.ReplaceAll(r.out, version().Version, "VERSION"))
	}
	for _, args := range [][]string{{"--format", "lsp"}, {"--format", "gcc", "-o", "json"}} {
		if r := alone(t, badBlueprint, append([]string{"validate", "-"}, args...)...); r.code != 2 || r.out != "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestValidateSaysTheSameAsTheAPI(t *testing.T) {
	t.Parallel()
	r := alone(t, badBlueprint, "validate", "-", "-o", "json")
	var v Validated
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatal(err)
	}
	said, err := json.Marshal(v.Files[0].Errors)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(t)
	f.answer("POST /v1/applications", 400, `{"status":400,"code":"invalid","detail":"the blueprint has 2 problems","errors":`+string(said)+`}`)
	deployed := f.run(t.Context(), badBlueprint, "deploy", "-")
	validated := alone(t, badBlueprint, "validate", "-")
	if deployed.code != 1 || deployed.err != validated.out+validated.err {
		t.Errorf("deploy says\n%s\nvalidate\n%s", deployed.err, validated.out)
	}
}

func TestValidateLooksForFilesOfAContextOnlyIfThereIsOne(t *testing.T) {
	t.Parallel()
	text := "id: shop\nservices:\n  - dockerfile: web/Dockerfile\n"
	dir := t.TempDir()
	if r := alone(t, text, "validate", "-"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if r := alone(t, text, "validate", "-", "--context", dir); r.code != 1 || !strings.Contains(r.out, "not-in-context") {
		t.Errorf("%+v", r)
	}
	if err := os.MkdirAll(filepath.Join(dir, "web"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "web", "Dockerfile"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := alone(t, text, "validate", "-", "--context", dir); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if r := alone(t, text, "validate", "-", "--context", filepath.Join(dir, "none")); r.code != 2 {
		t.Errorf("%+v", r)
	}
}

func TestExplainShowsThePageOfACode(t *testing.T) {
	t.Parallel()
	if r := alone(t, "", "validate", "--explain", "unknown-key"); r.code != 0 || !strings.HasPrefix(r.out, "# unknown-key\n") {
		t.Errorf("%+v", r)
	}
	for _, code := range []string{"unknown-kex", "../words", "README"} {
		if r := alone(t, "", "validate", "--explain", code); r.code != 2 || r.out != "" {
			t.Errorf("%s: %+v", code, r)
		}
	}
}

func TestWarningsOfATolerantDeployAreShown(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	const warnings = `"warnings":[{"pointer":"/services/0/oepnPorts","line":4,"column":5,"code":"unknown-key","detail":"unknown key","hint":"x","docs":"/docs/errors/unknown-key"}]`
	f.answer("POST /v1/applications", 202, `{"application":"shop","uid":"u","operation":"op-1",`+warnings+`}`)
	r := f.run(t.Context(), badBlueprint, "deploy", "-", "--tolerant")
	if r.code != 0 || r.out != "shop\n" || !strings.Contains(r.err, "stdin:4:5: warning: unknown key (/services/0/oepnPorts)\n    4 |     oepnPorts: [80]\n") {
		t.Errorf("%+v", r)
	}
}
