package rig

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Fixture is a build context whose Dockerfile makes an image of the fixture program alone; see clocker.io/test/e2e/fixture.
func (r *Rig) Fixture() string {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "context")
	if err := os.Mkdir(dir, 0o755); err != nil {
		r.t.Fatal(err)
	}
	program, err := os.ReadFile(Program(r.t, "fixture"))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"fixture":    program,
		"Dockerfile": []byte("FROM scratch\nCOPY fixture /fixture\nENTRYPOINT [\"/fixture\"]\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			r.t.Fatal(err)
		}
	}
	return dir
}

// Deploy posts a blueprint whose images are the fixture and returns when the application is healthy.
func (r *Rig) Deploy(blueprint string) Accepted {
	r.t.Helper()
	a := r.API.Deploy(blueprint, r.Fixture())
	r.Healthy(a)
	return a
}

// Healthy waits until a deployment is done.
func (r *Rig) Healthy(a Accepted) {
	r.t.Helper()
	e := r.Events.Wait(0, a.Application+" to be deployed", r.finished(a))
	if !strings.Contains(string(e.Data), `"outcome":"done"`) {
		r.t.Fatalf("deployment of %s failed: %s\n%s", a.Application, e.Data, r.Events.Tail(40))
	}
}

func (r *Rig) finished(a Accepted) func(Event) bool {
	return func(e Event) bool {
		return e.Topic == "operation.finished" && strings.Contains(string(e.Data), a.Operation)
	}
}

// Remove deletes an application and waits until it is gone.
func (r *Rig) Remove(a Accepted) {
	r.t.Helper()
	r.API.Delete(a.Application)
	r.Gone(a.UID)
}

// Gone waits for the end of the application with this uid.
func (r *Rig) Gone(uid string) {
	r.t.Helper()
	r.Events.Wait(0, "application "+uid+" to be gone", func(e Event) bool { return e.Topic == "application.gone" && e.UID == uid })
}

// Resolve asks the resolvers of a running container, from inside of it, for a name's addresses.
func (r *Rig) Resolve(container, name string) ([]string, error) {
	out, err := r.Engine.TryDocker("exec", container, "/fixture", "resolve", name)
	return strings.Fields(out), err
}

// KillPID ends a process of a container the way the kernel would: by its number on the host.
func (r *Rig) KillPID(pid int) {
	r.t.Helper()
	if pid <= 1 {
		r.t.Fatalf("pid %d is nobody to kill", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		r.t.Fatalf("kill %d: %v", pid, err)
	}
}

// Page is what answers at a URL, with a success; the connection is made anew.
func Page(url string) (string, error) {
	c := http.Client{Timeout: calls.Timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return string(text), err
}
