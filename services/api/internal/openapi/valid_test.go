package openapi_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clocker.io/docs"
)

// validators installs the public validators of testdata, as the lock file has them, beside the documents.
func validators(t *testing.T) (dir string) {
	t.Helper()
	if os.Getenv("CLOCKER_TEST_NODE") == "none" {
		t.Skip("CLOCKER_TEST_NODE is none")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatal("validating needs node and npm (apt-get install nodejs npm); CLOCKER_TEST_NODE=none goes without")
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/validators")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"openapi.json", "asyncapi.json"} {
		text, err := fs.ReadFile(docs.Files, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}

func validate(t *testing.T, dir string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "validate.mjs", "openapi.json", "asyncapi.json")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestPublicValidatorsFindNothingWrongWithTheDocumentsAndSomethingWithBrokenOnes(t *testing.T) {
	t.Parallel()
	dir := validators(t)
	out, err := validate(t, dir)
	if err != nil || !regexp.MustCompile(`OpenAPI 3\.1: \d{2,} paths\nAsyncAPI 3\.0\.0: \d{2,} channels`).MatchString(out) {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(out)
	for file, breaking := range map[string][2]string{
		"openapi.json":  {`"in": "query"`, `"in": "quary"`},
		"asyncapi.json": {`"action": "send"`, `"action": "sand"`},
	} {
		sound, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		broken := strings.Replace(string(sound), breaking[0], breaking[1], 1)
		if broken == string(sound) {
			t.Fatalf("%s has no %s", file, breaking[0])
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := validate(t, dir); err == nil || !strings.Contains(out, file) {
			t.Errorf("nothing is found wrong with %s: %v\n%s", file, err, out)
		}
		if err := os.WriteFile(filepath.Join(dir, file), sound, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
