package agent_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// What of ours nobody owns goes, one of each kind; what is not ours stays.
func TestOrphans(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	ours := map[string]string{clocker.LabelInstallation: b.installation}
	theirs := map[string]string{clocker.LabelInstallation: "another", clocker.LabelContainer: "u1/web/0"}
	owner := clocker.Key{UID: "u-kept", Entity: "db"}

	name := "orphan-" + b.installation
	b.foreign(name, ours)
	stays := b.foreign("foreign-"+b.installation, theirs)
	b.makeNetwork(name, 240, ours)
	foreignNetwork := b.makeNetwork("foreign-"+b.installation, 241, theirs)
	b.makeVolume(name, ours)
	b.makeVolume("foreign-"+b.installation, theirs)
	b.makeVolume("kept-"+b.installation, map[string]string{clocker.LabelInstallation: b.installation, clocker.LabelContainer: owner.String()})
	lost := clocker.Key{UID: "u-lost", Entity: "db"}
	b.makeVolume("lost-"+b.installation, map[string]string{clocker.LabelInstallation: b.installation, clocker.LabelContainer: lost.String()})
	b.set(func() { b.owners = []string{owner.String()} })
	b.start()

	b.seen("container.orphan container " + name)
	b.seen("container.orphan network " + name)
	b.seen("container.orphan volume " + name)
	b.seen("container.orphan volume lost-" + b.installation)
	if !b.inspect(stays).State.Running {
		t.Error("a foreign container was touched")
	}
	if _, err := b.cli.NetworkInspect(ctx, foreignNetwork, network.InspectOptions{}); err != nil {
		t.Errorf("a foreign network: %v", err)
	}
	for _, v := range []string{"foreign-", "kept-"} {
		if _, err := b.cli.VolumeInspect(ctx, v+b.installation); err != nil {
			t.Errorf("volume %s: %v", v, err)
		}
	}
	if _, err := b.cli.ContainerInspect(ctx, name); !errdefs.IsNotFound(err) {
		t.Errorf("the orphan container: %v", err)
	}
}

// A snapshot that lacks a container which runs ends it; one that does not arrive, or is of another host, ends nothing.
func TestOnlyACompleteSnapshotRemoves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	a, e := b.member(0, nil)
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.healthy " + a.Path())

	empty := clocker.RunWant{Host: host, Epoch: b.epoch, Previous: b.run.Revision, Revision: b.run.Revision + 1}
	b.send(clocker.SubjectWant+host, clocker.Want{Run: &empty}) // a delta without anything
	wrong := clocker.RunWant{Host: host, Epoch: b.epoch - 1, Revision: 99, Complete: true}
	b.send(clocker.SubjectWant+host, clocker.Want{Run: &wrong}) // complete, but of an old epoch
	b.until("the empty delta is taken", func() bool { return b.beat.RunRevision == b.run.Revision+1 })
	if got := b.status(a); got != "running" {
		t.Fatalf("after an empty delta and a snapshot of an old epoch it is %q", got)
	}
	b.set(func() { b.run.Assignments, b.run.Revision = nil, b.run.Revision+2 })
	b.send(clocker.SubjectWant+host, clocker.Want{Host: &clocker.HostWant{Reason: "again"}})
	b.seen("container.orphan container " + a.EngineName())
	b.seen("host.reconciled")
	if got := b.status(a); got != "" {
		t.Errorf("reconciled, and it is still %q", got)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	program := map[string]string{"hello.txt": "hello", "docker/Dockerfile": "FROM scratch\nCOPY hello.txt /\n"}
	packed := zip(pack(program))
	sum := sha256.Sum256(packed)
	digest := hex.EncodeToString(sum[:])
	b.set(func() { b.contexts[digest] = packed; b.contexts["damaged"] = packed })

	jobs := []clocker.ImageSource{
		{Dockerfile: "FROM scratch\nLABEL a=" + b.installation + "\n"},
		{Path: "docker/Dockerfile", Context: digest},
		{Dockerfile: "FROM scratch\nCOPY hello.txt /h\n", Context: digest},
		{Dockerfile: "FROM scratch\nCOPY none.txt /\n", Context: digest},
		{Dockerfile: "FROM scratch\nNONSENSE\n"},
		{Dockerfile: "FROM scratch\n", Context: "damaged"},
		{Reference: "clocker.invalid/none:1"},
	}
	var orders []clocker.ImageJob
	for _, s := range jobs {
		orders = append(orders, clocker.ImageJob{Key: s.Key(), Source: s, Tag: s.Tag(), Attempt: 1})
	}
	b.order(orders...)
	for i, want := range []string{
		"image.ready %s new=true retry=false",
		"image.ready %s new=true retry=false",
		"image.ready %s new=true retry=false",
		"image.failed %s new=false retry=false: COPY failed: ",
		"image.failed %s new=false retry=false: dockerfile parse error ", // Engines differ in the words for where
		"image.failed %s new=false retry=false: the build context is damaged",
		"image.failed %s new=false retry=true: clocker.invalid/none:1 cannot be pulled now",
	} {
		f := b.seen(fmt.Sprintf(want, orders[i].Key))
		if i == 3 && (len(f.Image.Tail) == 0 || len(f.Image.Tail) > 20) {
			t.Errorf("tail of a failed build: %q", f.Image.Tail)
		}
		if i == 4 && !strings.HasSuffix(f.Reason, "line 2: unknown instruction: NONSENSE") {
			t.Errorf("a Dockerfile that cannot be read: %q", f.Reason)
		}
	}

	// What is there is not built again.
	orders[0].Attempt = 2
	b.order(orders[0])
	b.seen(fmt.Sprintf("image.ready %s new=false", orders[0].Key))
	// A reference that the Engine has needs no registry.
	built := clocker.ImageSource{Reference: orders[1].Tag}
	b.order(clocker.ImageJob{Key: built.Key(), Source: built, Attempt: 1})
	f := b.seen(fmt.Sprintf("image.ready %s new=false", built.Key()))
	if ok := f.Image.Image != "" && f.Image.Size > 0; !ok {
		t.Errorf("found image %+v", f.Image)
	}
	// What a complete list lacks goes.
	b.set(func() { b.images = clocker.ImageWant{Revision: b.images.Revision + 1} })
	b.send(clocker.SubjectWant+host, clocker.Want{Host: &clocker.HostWant{Reason: "again"}})
	b.seen("container.orphan image " + orders[0].Tag)
	b.seen("container.orphan image " + orders[1].Tag)
}

func TestOverlapIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := "other-" + b.installation
	b.t.Cleanup(func() { _ = b.cli.NetworkRemove(context.Background(), other) })
	if _, err := b.cli.NetworkCreate(t.Context(), other, network.CreateOptions{Driver: "bridge",
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: b.network.CIDR}}}}); err != nil {
		t.Fatal(err)
	}
	b.start()
	a, e := b.member(0, nil)
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen(fmt.Sprintf("container.failed %s #3: the network %s overlaps the Docker network %s (%s)", a.Path(), b.network.CIDR, other, b.network.CIDR))
}

func TestNetworkComesAndGoes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	b.point(b.network.ID)
	b.eventually("the network is made", func() bool {
		_, err := b.cli.NetworkInspect(context.Background(), b.network.Docker, network.InspectOptions{})
		return err == nil
	})
	gone := clocker.NetworkUpdate{Network: b.network, Previous: 1, Revision: 2, Gone: true}
	b.set(func() { delete(b.networks, b.network.ID) })
	b.send(clocker.SubjectNet+host, gone)
	b.eventually("the network is removed", func() bool {
		_, err := b.cli.NetworkInspect(context.Background(), b.network.Docker, network.InspectOptions{})
		return errdefs.IsNotFound(err)
	})
}

func (b *bench) makeNetwork(name string, third int, labels map[string]string) string {
	b.t.Helper()
	n, err := b.cli.NetworkCreate(context.Background(), name, network.CreateOptions{Driver: "bridge", Labels: labels,
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: fmt.Sprintf("10.198.%d.0/24", third)}}}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.cli.NetworkRemove(context.Background(), n.ID) })
	return n.ID
}

func (b *bench) makeVolume(name string, labels map[string]string) {
	b.t.Helper()
	if _, err := b.cli.VolumeCreate(context.Background(), volume.CreateOptions{Name: name, Labels: labels}); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.cli.VolumeRemove(context.Background(), name, true) })
}

func zip(data []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(data)
	_ = w.Close()
	return buf.Bytes()
}
