package rig

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"testing"
	"time"
)

// Client speaks the REST interface of an installation. It may be used by any goroutine, except for the methods that end
// the test.
type Client struct {
	Base  string
	Token string

	t testing.TB
}

// Call is one request. Headers are sent beside the token.
type Call struct {
	Method  string
	Path    string // with its query
	Body    []byte
	Headers map[string]string
}

// Answer is what the interface said.
type Answer struct {
	Status int
	Body   []byte
	Header http.Header
}

// calls ends a call that is kept waiting: whatever cannot be done is refused within seconds.
var calls = &http.Client{Timeout: time.Minute}

// Do sends a request once; the error is that of the connection.
func (c *Client) Do(call Call) (Answer, error) {
	req, err := http.NewRequest(call.Method, c.Base+call.Path, bytes.NewReader(call.Body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	for name, value := range call.Headers {
		req.Header.Set(name, value)
	}
	res, err := calls.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return Answer{Status: res.StatusCode, Body: body, Header: res.Header}, err
}

// Must sends a request until the api answers, which may be starting again, and reads a success into into, which may be
// nil. Whatever is asked carries one Idempotency-Key, so that asking twice is asking once.
func (c *Client) Must(call Call, into any) {
	c.t.Helper()
	headers := map[string]string{"Idempotency-Key": random(8)}
	for name, value := range call.Headers {
		headers[name] = value
	}
	call.Headers = headers
	Eventually(c.t, call.Method+" "+call.Path, Limit, func() error {
		a, err := c.Do(call)
		switch {
		case err != nil:
			return err
		case a.Status == http.StatusServiceUnavailable || a.Status == http.StatusConflict && call.Method != http.MethodGet:
			return fmt.Errorf("%d: %s", a.Status, a.Body) // it says itself that another time may do
		case a.Status < 200 || a.Status > 299:
			c.t.Fatalf("%s %s: %d: %s", call.Method, call.Path, a.Status, a.Body)
		case into == nil:
			return nil
		}
		return json.Unmarshal(a.Body, into)
	})
}

// Accepted is what a request that takes time is answered with.
type Accepted struct {
	Application, UID, Operation string
}

// Deploy posts a blueprint, with the directory that its Dockerfiles build from unless that is "".
func (c *Client) Deploy(blueprint, context string) Accepted {
	c.t.Helper()
	var a Accepted
	c.Must(Submission(c.t, blueprint, context), &a)
	return a
}

// Submission is the request that deploys a blueprint.
func Submission(t testing.TB, blueprint, context string) Call {
	t.Helper()
	call := Call{Method: http.MethodPost, Path: "/v1/applications", Body: []byte(blueprint),
		Headers: map[string]string{"Content-Type": "application/yaml"}}
	if context == "" {
		return call
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range []struct {
		name, file, kind string
		data             []byte
	}{
		{"blueprint", "blueprint.yaml", "application/yaml", []byte(blueprint)},
		{"context", "context.tar.gz", "application/gzip", packed(t, context)},
	} {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file)}, "Content-Type": {p.kind},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	call.Body, call.Headers["Content-Type"] = b.Bytes(), w.FormDataContentType()
	return call
}

// packed is a directory with all that is below it as tar.gz; equal files give equal bytes.
func packed(t testing.TB, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Application is an application as the interface shows it.
type Application struct {
	Application, UID, State, Reason string
	Healthy                         bool
	Wanted, Up                      int
}

// Applications lists those that are there.
func (c *Client) Applications() []Application {
	c.t.Helper()
	var page struct{ Items []Application }
	c.Must(Call{Method: http.MethodGet, Path: "/v1/applications"}, &page)
	return page.Items
}

// Container is a container's newest generation as the interface shows it.
type Container struct {
	Container  string
	Generation int64
	State      string
	Reason     string
	Address    string
	Attempt    int
	EngineID   string `json:"engineId"`
	Ports      []struct {
		Port, HostPort int
		Address        string
	}
}

// Containers lists those of an application.
func (c *Client) Containers(application string) []Container {
	c.t.Helper()
	var page struct{ Items []Container }
	c.Must(Call{Method: http.MethodGet, Path: "/v1/containers?limit=500&application=" + url.QueryEscape(application)}, &page)
	return page.Items
}

// Delete asks for the end of an application.
func (c *Client) Delete(application string) Accepted {
	c.t.Helper()
	var a Accepted
	c.Must(Call{Method: http.MethodDelete, Path: "/v1/applications/" + application}, &a)
	return a
}
