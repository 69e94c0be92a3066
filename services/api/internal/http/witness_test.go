package http

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"clocker.io/docs"
	"clocker.io/pkg/schema"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// witness holds every request and answer of this package's tests against the API's own documentation: what is not in
// docs/openapi.json fails the test that met it. Objects are closed for it, so that no field goes undocumented.
type witness struct {
	document map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool // "GET /v1/hosts 200", "GET /v1/hosts ?limit"
}

var watching = sync.OnceValue(func() *witness {
	text, err := docs.Files.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	w := &witness{document: schema.Closed(read).(map[string]any), compiler: jsonschema.NewCompiler(),
		schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}
	w.compiler.AssertFormat()
	if err := w.compiler.AddResource("openapi.json", w.document); err != nil {
		panic(err)
	}
	return w
})

// at finds a value in the document by the names on the way to it, following a reference.
func (w *witness) at(way ...string) (map[string]any, []string) {
	value := any(w.document)
	for _, name := range way {
		in, _ := value.(map[string]any)
		value = in[name]
	}
	found, _ := value.(map[string]any)
	if ref, ok := found["$ref"].(string); ok {
		return w.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return found, way
}

func (w *witness) schemaAt(way []string) (*jsonschema.Schema, error) {
	at := "openapi.json#"
	for _, name := range way {
		at += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.schemas[at]; known != nil {
		return known, nil
	}
	compiled, err := w.compiler.Compile(at)
	w.schemas[at] = compiled
	return compiled, err
}

func (w *witness) holds(way []string, text []byte) error {
	compiled, err := w.schemaAt(way)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

func (w *witness) saw(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[what] = true
}

// copied is a response that is kept as well.
type copied struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (c *copied) Write(data []byte) (int, error) {
	c.body.Write(data)
	return c.ResponseWriter.Write(data)
}

// Unwrap lets deadlines, flushes and hijacks through.
func (c *copied) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// watch is the outermost middleware of the servers in tests.
func (w *witness) watch(t *testing.T) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			kept := &copied{ResponseWriter: c.Response().Writer}
			c.Response().Writer = kept
			request, err := io.ReadAll(io.LimitReader(c.Request().Body, 1<<16)) // what tests send that is longer is no JSON
			if err != nil {
				return err
			}
			c.Request().Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(request), c.Request().Body), c.Request().Body}
			err = next(c)
			if c.Response().Committed {
				w.compare(t, c, request, kept)
			}
			return err
		}
	}
}

var echoParameter = regexp.MustCompile(`:([a-z]+)`)

func (w *witness) compare(t *testing.T, c echo.Context, request []byte, kept *copied) {
	path, method, status := echoParameter.ReplaceAllString(c.Path(), "{$1}"), c.Request().Method, c.Response().Status
	if method == http.MethodHead {
		w.head(t, path, kept)
		return
	}
	name := method + " " + path
	operation := []string{"paths", path, strings.ToLower(method)}
	found, _ := w.at(operation...)
	answer := append(operation, "responses", strconv.Itoa(status))
	described, answer := w.at(answer...)
	if described == nil || found == nil {
		if status < http.StatusBadRequest {
			t.Errorf("%s: docs/openapi.json has no answer %d", name, status)
			return
		}
		described, answer = w.at("components", "responses", "Problem")
	}
	w.saw(name + " " + strconv.Itoa(status))
	told := slices.Clone(plainHeaders)
	in, _ := described["headers"].(map[string]any)
	for header := range in {
		told = append(told, http.CanonicalHeaderKey(header))
	}
	for header := range c.Response().Header() {
		if !slices.Contains(told, header) {
			t.Errorf("%s: docs/openapi.json does not have the header %s of answer %d", name, header, status)
		}
	}
	kind, _, _ := mime.ParseMediaType(c.Response().Header().Get("Content-Type"))
	if kept.body.Len() > 0 || kind != "" {
		if err := w.body(append(answer, "content", kind), kept.body.Bytes()); err != nil {
			t.Errorf("%s: the answer %d is not what docs/openapi.json says: %v\n%.2000s", name, status, err, kept.body.Bytes())
		}
	}
	if status < http.StatusBadRequest {
		w.request(t, name, operation, c.Request(), request)
	}
}

// head holds that HEAD is taken where the document has a GET. What it would answer is what GET does.
func (w *witness) head(t *testing.T, path string, kept *copied) {
	if found, _ := w.at("paths", path, "get"); found == nil {
		t.Errorf("HEAD %s is answered, and docs/openapi.json has no GET for it: %.200s", path, kept.body.Bytes())
	}
}

// plainHeaders are those that HTTP itself explains.
var plainHeaders = []string{"Content-Type", "Content-Encoding", "Cache-Control", "X-Accel-Buffering", "X-Content-Type-Options", "Vary", "Content-Security-Policy"}

// body holds a body, or each whole line or event of a stream, against the document.
func (w *witness) body(content []string, body []byte) error {
	described, _ := w.at(content...)
	if described == nil {
		return fmt.Errorf("there is no content of type %s", content[len(content)-1])
	}
	kind := content[len(content)-1]
	if described["x-item-schema"] == nil {
		if strings.HasSuffix(kind, "json") {
			return w.holds(append(content, "schema"), body)
		}
		return nil
	}
	for line := range bytes.Lines(body) {
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		if kind == "text/event-stream" {
			data, isData := bytes.CutPrefix(text, []byte("data: "))
			text, whole = data, whole && isData
		}
		if !whole || len(text) == 0 {
			continue
		}
		if err := w.holds(append(content, "x-item-schema"), text); err != nil {
			return err
		}
	}
	return nil
}

// request holds what was accepted against the document: it must not know less than the server takes.
func (w *witness) request(t *testing.T, name string, operation []string, r *http.Request, body []byte) {
	found, _ := w.at(operation...)
	parameters, _ := found["parameters"].([]any)
	for _, p := range parameters {
		p := p.(map[string]any)
		if p["in"] == "header" && r.Header.Get(p["name"].(string)) != "" {
			w.saw(name + " " + p["name"].(string))
		}
	}
	for parameter := range r.URL.Query() {
		// What no row has is not read, see declared.
		w.saw(name + " ?" + parameter)
	}
	if len(body) == 0 {
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	content := append(operation, "requestBody", "content", "application/json")
	if in, _ := w.at(content...); in == nil {
		return // a blueprint, which has a schema of its own
	}
	w.saw(name + " body")
	if err := w.holds(append(content, "schema"), body); err != nil {
		t.Errorf("%s takes a body (%s) that is not what docs/openapi.json says: %v\n%s", name, kind, err, body)
	}
}

// promised lists what the document says that requests may have and answers may be.
func (w *witness) promised() (list []string) {
	paths, _ := w.at("paths")
	for path, item := range paths {
		for method, operation := range item.(map[string]any) {
			o, name := operation.(map[string]any), strings.ToUpper(method)+" "+path
			for status := range o["responses"].(map[string]any) {
				if status < "400" {
					list = append(list, name+" "+status)
				}
			}
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				switch p := p.(map[string]any); p["in"] {
				case "query":
					list = append(list, name+" ?"+p["name"].(string))
				case "header":
					list = append(list, name+" "+p["name"].(string))
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// TestMain fails a whole run in which something of the document was never met: nobody looked whether it is true.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !*update && !narrowed() {
		w := watching()
		for _, what := range w.promised() {
			if !w.seen[what] {
				fmt.Printf("docs/openapi.json promises %q, and no test has seen it\n", what)
				code = 1
			}
		}
		if len(w.seen) < 100 {
			fmt.Println("the documentation was compared with next to nothing:", slices.Sorted(maps.Keys(w.seen)))
			code = 1
		}
	}
	os.Exit(code)
}

// narrowed says whether only some of the tests run.
func narrowed() bool {
	return slices.ContainsFunc(os.Args, func(arg string) bool {
		return strings.HasPrefix(arg, "-test.run") || strings.HasPrefix(arg, "-test.skip") || strings.HasPrefix(arg, "-test.list")
	})
}
