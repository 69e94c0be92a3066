package agent_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// boxImage is the id of the image that test containers run, made once.
var boxImage = sync.OnceValues(makeBox)

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("CLOCKER_TEST_ENGINE") != "none" {
		if id, err := boxImage(); err == nil {
			cli, err := dial()
			if err == nil {
				_, _ = cli.ImageRemove(context.Background(), id, image.RemoveOptions{Force: true, PruneChildren: true})
			}
		}
	}
	os.Exit(code)
}

func dial() (*client.Client, error) {
	return client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
}

// docker is the Engine that the tests use: a real one.
func docker(t *testing.T) *client.Client {
	t.Helper()
	if os.Getenv("CLOCKER_TEST_ENGINE") == "none" {
		t.Skip("CLOCKER_TEST_ENGINE=none: no Docker Engine is to be used")
	}
	cli, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cli.Ping(t.Context()); err != nil {
		t.Fatalf("this test needs a Docker Engine (set CLOCKER_TEST_ENGINE=none to go without): %v", err)
	}
	return cli
}

func makeBox() (string, error) {
	dir, err := os.MkdirTemp("", "box")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files := map[string]string{"Dockerfile": "FROM scratch\nCOPY box /box\nCOPY hangup /usr/bin/hangup\nENTRYPOINT [\"/box\"]\n"}
	for name, source := range map[string]string{"box": "./testdata/box", "hangup": "./cmd/hangup"} {
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, name), source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		program, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		files[name] = string(program)
	}
	cli, err := dial()
	if err != nil {
		return "", err
	}
	res, err := cli.ImageBuild(context.Background(), bytes.NewReader(pack(files)), build.ImageBuildOptions{
		Tags: []string{"clocker-test/box:" + random()}, Remove: true, ForceRemove: true, Version: build.BuilderV1,
		Labels: map[string]string{"io.clocker.test": random()},
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	id := ""
	for d := json.NewDecoder(res.Body); ; {
		var m struct {
			Error string
			Aux   struct{ ID string }
		}
		if err := d.Decode(&m); err == io.EOF {
			return id, nil
		} else if err != nil || m.Error != "" {
			return "", fmt.Errorf("build box: %v%s", err, m.Error)
		}
		if m.Aux.ID != "" {
			id = m.Aux.ID
		}
	}
}

func pack(files map[string]string) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for name, text := range files {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg})
		_, _ = io.WriteString(w, text)
	}
	_ = w.Close()
	return buf.Bytes()
}

func random() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
