package probe

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"clocker.io/cmd/clocker/internal/doctor"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
)

// engine asks the Engine about itself, its disk, and who else has things in it.
func (s Settings) engine(ctx context.Context, programs func() []program) func(*doctor.Facts) {
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	c, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return setEngine(doctor.Engine{Host: s.Env("DOCKER_HOST"), Trouble: doctor.Absent, Reason: err.Error()})
	}
	defer c.Close()
	e := doctor.Engine{Host: c.DaemonHost()}
	ping, err := c.Ping(ctx)
	if err == nil && ping.APIVersion == "" {
		return setEngine(doctor.Engine{Host: e.Host, Trouble: doctor.Foreign, Reason: "it does not say which version of the Engine's API it speaks"})
	}
	before := s.Now()
	info, infoErr := c.Info(ctx)
	if err := errors.Join(err, infoErr); err != nil {
		e.Trouble, e.Reason = engineTrouble(ctx, e.Host, err)
		return setEngine(e)
	}
	after := s.Now()
	e.Version, e.API, e.OS, e.Storage = info.ServerVersion, ping.APIVersion, info.OSType, info.Driver
	e.Cgroup, e.CgroupVersion, e.MemoryLimit, e.Forwarding = info.CgroupDriver, info.CgroupVersion, info.MemoryLimit, info.IPv4Forwarding
	if image := up.PostgresImage(s.Env); imageThere(ctx, c, image) {
		e.PostgresImage = image
	}
	others, err := installations(ctx, c, programs())
	if err != nil {
		e.Trouble, e.Reason = engineTrouble(ctx, e.Host, err)
	}
	disk, hasDisk := engineDisk(e.Host, info.DockerRootDir)
	there, timeErr := time.Parse(time.RFC3339Nano, info.SystemTime)
	return func(f *doctor.Facts) {
		f.Engine, f.Others = e, others
		if hasDisk {
			f.Disks = append(f.Disks, disk)
		}
		if timeErr == nil {
			f.Clocks = append(f.Clocks, clockOf("clock-engine", "the Engine", there, before, after, 0))
		}
	}
}

func setEngine(e doctor.Engine) func(*doctor.Facts) { return func(f *doctor.Facts) { f.Engine = e } }

func engineTrouble(ctx context.Context, host string, err error) (doctor.Trouble, string) {
	path, local := strings.CutPrefix(host, "unix://")
	if local {
		switch err := syscall.Access(path, 6); { // 6: read and write; the client hides what keeps it out
		case errors.Is(err, fs.ErrNotExist):
			return doctor.Absent, "there is no such socket"
		case errors.Is(err, fs.ErrPermission):
			return doctor.Denied, "its socket is closed to this account"
		}
	}
	switch {
	case ctx.Err() != nil:
		return doctor.Silent, "it takes connections and gives no answer within " + call.String()
	case client.IsErrConnectionFailed(err):
		return doctor.Refused, "nobody listens there"
	}
	return doctor.Other, err.Error()
}

func imageThere(ctx context.Context, c *client.Client, name string) bool {
	_, err := c.ImageInspect(ctx, name)
	return err == nil
}

// engineDisk is the file system of an Engine on this machine.
func engineDisk(host, root string) (doctor.Disk, bool) {
	if !strings.HasPrefix(host, "unix://") || root == "" {
		return doctor.Disk{}, false
	}
	return diskOf("the Engine's images and containers", root)
}

// installations are all that have things in the Engine, in order of id.
func installations(ctx context.Context, c *client.Client, programs []program) ([]doctor.Installation, error) {
	with := filters.NewArgs(filters.Arg("label", clocker.LabelInstallation))
	containers, err1 := c.ContainerList(ctx, container.ListOptions{All: true, Filters: with})
	networks, err2 := c.NetworkList(ctx, network.ListOptions{Filters: with})
	volumes, err3 := c.VolumeList(ctx, volume.ListOptions{Filters: with})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	found := map[string]*doctor.Installation{}
	of := func(labels map[string]string) *doctor.Installation {
		id := labels[clocker.LabelInstallation]
		if found[id] == nil {
			found[id] = &doctor.Installation{ID: id}
		}
		return found[id]
	}
	for _, v := range containers {
		of(v.Labels).Containers++
	}
	for _, v := range volumes.Volumes {
		of(v.Labels).Volumes++
	}
	for _, v := range networks {
		o := of(v.Labels)
		for _, cfg := range v.IPAM.Config {
			p, _ := netip.ParsePrefix(cfg.Subnet) // the zero value overlaps nothing
			o.Networks = append(o.Networks, doctor.Network{Name: v.Name, CIDR: p})
		}
	}
	var out []doctor.Installation
	for _, o := range found {
		o.Dir, o.Runs = whoRuns(programs, o.ID)
		slices.SortFunc(o.Networks, func(a, b doctor.Network) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b doctor.Installation) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// whoRuns finds the Clocker of an installation by the lock that it holds.
func whoRuns(programs []program, id string) (string, doctor.Process) {
	for _, p := range programs {
		for _, lock := range p.locks {
			if s, err := up.Examine(filepath.Dir(lock)); err == nil && s.Installation == id {
				return filepath.Dir(lock), p.Process
			}
		}
	}
	return "", doctor.Process{}
}
