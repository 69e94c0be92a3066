package http

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clocker.io/docs"
	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/pages"
)

var (
	shownRequest = regexp.MustCompile(`(?s)<section class="operation" id="(\w+)">.*?</section>`)
	shownCurl    = regexp.MustCompile(`<code>(curl [^<]*)</code>`)
)

// Each request that /docs/api shows is copied into a shell, word for word but for the names of things that there happen to be.
func TestEachRequestThatThePagesShowIsOne(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatalf("%v; install curl: sudo apt-get install curl", err)
	}
	site, err := pages.New(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := site.Page("api")
	b, values := peopled(t)
	b.logs = func(context.Context, string, any, func([]byte) error) error { return nil }
	b.asked = func(_ string, _, reply any) error { *reply.(*clocker.LetterReply) = clocker.LetterReply{}; return nil }
	names := strings.NewReplacer("op-k2vq7n3h5m4x6c", values.Replace("{operation}"), "q7n3h5m4", values.Replace("{token}"), "/policy/4711", "/api/1",
		"/clouds/my-docker-cloud", "/clouds/unused", `"consumer":"policy"`, `"consumer":"api"`)
	home := t.TempDir()
	for file, text := range map[string]string{".curlrc": "silent\nshow-error\nwrite-out = \"\\nanswered %{http_code}\"\n", "blueprint.yaml": "id: hello\nservices: [{id: web, type: docker:redis}]\n"} {
		if err := os.WriteFile(filepath.Join(home, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type request struct{ id, text string }
	var requests []request
	for _, section := range shownRequest.FindAllSubmatch(page, -1) {
		if found := shownCurl.FindSubmatch(section[0]); found != nil {
			requests = append(requests, request{string(section[1]), names.Replace(html.UnescapeString(string(found[1])))})
		}
	}
	if len(requests) < 50 {
		t.Fatalf("%d requests only", len(requests))
	}
	// What takes things away comes last.
	order := func(r request) int { return slices.Index([]string{"POST", "PATCH", "DELETE"}, verb(r.text)) }
	slices.SortStableFunc(requests, func(x, y request) int { return order(x) - order(y) })
	for _, r := range requests {
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", r.text)
		cmd.Dir, cmd.Env = home, append(os.Environ(), "HOME="+home, "CLOCKER_URL="+b.web.URL, "CLOCKER_TOKEN="+b.token())
		out, err := cmd.CombinedOutput()
		status := 0
		if at := strings.LastIndex(string(out), "\nanswered "); at >= 0 {
			_, _ = fmt.Sscanf(string(out[at:]), "\nanswered %d", &status)
		}
		if r.id == "readLogs" && status == http.StatusConflict {
			continue // the path is right, and nothing runs here that could have printed something
		}
		if err != nil || status < 200 || status > 299 {
			t.Errorf("%s: %s\n%v\n%.500s", r.id, r.text, err, out)
		}
	}
}

func verb(curl string) string {
	_, rest, _ := strings.Cut(curl, " -X ")
	return strings.Fields(rest + " GET")[0]
}
