package up

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"clocker.io/pkg/pg/server"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
)

const (
	defaultPostgresImage = "postgres:17"
	postgresPort         = nat.Port("5432/tcp")

	// These are not the labels of package clocker: the agent removes what carries those and belongs to no application.
	labelPart   = "io.clocker.part"    // what it is: postgres
	labelPartOf = "io.clocker.part-of" // installation id
)

// engineDatabase runs Postgres as a container of our own with a volume of our own, both named after the installation.
// It is reached over a port of the loopback address, so the Engine must be on this machine.
func engineDatabase(ctx context.Context, d Data, name string, binaries error) (database, error) {
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return database{}, noDatabase(binaries, err, name)
	}
	if err := haveImage(ctx, c, name); err != nil {
		_ = c.Close()
		return database{}, noDatabase(binaries, err, name)
	}
	password, err := keep(d.path("postgres-password"), func() string { return random(24) })
	if err != nil {
		return database{}, err
	}
	e := engine{c: c, name: "clocker-postgres-" + d.Installation, image: name, password: password,
		labels: map[string]string{labelPart: "postgres", labelPartOf: d.Installation}}
	port, err := e.ensure(ctx)
	if err != nil {
		_ = c.Close()
		return database{}, fmt.Errorf("run Postgres as container %s: %w", e.name, err)
	}
	address := url.URL{Scheme: "postgres", User: url.UserPassword(databaseName, password), Path: "/" + databaseName,
		Host: net.JoinHostPort("127.0.0.1", port), RawQuery: "sslmode=disable"}
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := server.WaitFor(ready, address.String()); err != nil {
		return database{}, fmt.Errorf("wait for container %s: %w; see: docker logs %s", e.name, err, e.name)
	}
	return database{URL: address.String(), Stop: e.stop,
		What: fmt.Sprintf("Postgres in container %s (image %s), data in volume %s", e.name, name, e.name)}, nil
}

// haveImage pulls an image unless the Engine has it.
func haveImage(ctx context.Context, c *client.Client, name string) error {
	_, err := c.ImageInspect(ctx, name)
	if err == nil || !cerrdefs.IsNotFound(err) {
		return err
	}
	progress, err := c.ImagePull(ctx, name, image.PullOptions{})
	if err != nil {
		return err
	}
	defer progress.Close()
	if _, err := io.Copy(io.Discard, progress); err != nil { // the pull lasts as long as its progress
		return err
	}
	_, err = c.ImageInspect(ctx, name)
	return err
}

type engine struct {
	c        *client.Client
	name     string
	image    string
	password string
	labels   map[string]string
}

// ensure makes and starts the container as far as that is not done, and gives the port it is published on.
func (e engine) ensure(ctx context.Context) (string, error) {
	found, err := e.c.ContainerInspect(ctx, e.name)
	switch {
	case cerrdefs.IsNotFound(err):
		if err := e.create(ctx); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	case found.Config == nil || found.Config.Labels[labelPartOf] != e.labels[labelPartOf]:
		return "", fmt.Errorf("a container of that name exists and is not ours")
	}
	if err := e.c.ContainerStart(ctx, e.name, container.StartOptions{}); err != nil { // no error when it runs
		return "", err
	}
	found, err = e.c.ContainerInspect(ctx, e.name)
	if err != nil {
		return "", err
	}
	if found.NetworkSettings == nil || len(found.NetworkSettings.Ports[postgresPort]) == 0 {
		return "", fmt.Errorf("the Engine published no port of it")
	}
	return found.NetworkSettings.Ports[postgresPort][0].HostPort, nil
}

func (e engine) create(ctx context.Context) error {
	if _, err := e.c.VolumeCreate(ctx, volume.CreateOptions{Name: e.name, Labels: e.labels}); err != nil {
		return err
	}
	_, err := e.c.ContainerCreate(ctx, &container.Config{
		Image: e.image, Labels: e.labels, ExposedPorts: nat.PortSet{postgresPort: {}},
		Env: []string{"POSTGRES_USER=" + databaseName, "POSTGRES_DB=" + databaseName, "POSTGRES_PASSWORD=" + e.password,
			"PGDATA=" + mountPoint(e.image) + "/pgdata"},
	}, &container.HostConfig{
		PortBindings: nat.PortMap{postgresPort: {{HostIP: "127.0.0.1"}}},
		Mounts:       []mount.Mount{{Type: mount.TypeVolume, Source: e.name, Target: mountPoint(e.image)}},
	}, nil, nil, e.name)
	return err
}

// mountPoint is where the data volume goes: the images refuse the old place from version 18 on.
func mountPoint(image string) string {
	tag := image[strings.LastIndexByte(image, ':')+1:]
	for _, old := range []string{"14", "15", "16", "17"} {
		if tag == old || strings.HasPrefix(tag, old+".") || strings.HasPrefix(tag, old+"-") {
			return "/var/lib/postgresql/data"
		}
	}
	return "/var/lib/postgresql"
}

func (e engine) stop(ctx context.Context) error {
	defer e.c.Close()
	seconds := 10
	if err := e.c.ContainerStop(ctx, e.name, container.StopOptions{Timeout: &seconds}); err != nil {
		return fmt.Errorf("stop container %s: %w", e.name, err)
	}
	return nil
}
