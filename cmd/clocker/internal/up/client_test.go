package up

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"clocker.io/docs"
)

// What testdata/client prints when everything is as the document says.
const toured = `refused: invalid 1
deploy done
deploy done
applications: 1
resize done
up: 3 of 3
placed: 3 healthy: 3
delete done
operation: delete done
operation: resize done
operation: deploy done
`

func TestAClientThatAPublicGeneratorMadeOfTheDocumentMakesTheCallsOfTheTour(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/client")); err != nil {
		t.Fatal(err)
	}
	document, err := docs.Files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), document, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "generated"), 0o755); err != nil {
		t.Fatal(err)
	}
	settings := []string{"GOWORK=off", "GOFLAGS=-mod=readonly -buildvcs=false"}
	in := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), settings...)
		cmd.Stderr = t.Output()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	in("go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "generated", "-o", "generated/client.go", "openapi.json")
	in("go", "build", "-o", "client", ".")
	s := simulate(t, nil)
	settings = []string{"CLOCKER_URL=" + s.base, "CLOCKER_TOKEN=" + s.token}
	if got := in("./client"); got != toured {
		t.Errorf("it prints\n%s\nwant\n%s", got, toured)
	}
}
