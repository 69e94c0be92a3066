package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
)

// Process is the first process of a container, as the machine numbers it; 0 when it does not run.
func (e *Engine) Process(ctx context.Context, id string) (int, error) {
	defer e.timed("inspect")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c, err := e.cli.ContainerInspect(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("look at container %s: %w", id, err)
	}
	if c.State == nil || !c.State.Running {
		return 0, nil
	}
	return c.State.Pid, nil
}

// Root is the directory that the Engine keeps everything in.
func (e *Engine) Root(ctx context.Context) (string, error) {
	defer e.timed("info")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	i, err := e.cli.Info(ctx)
	if err != nil {
		return "", fmt.Errorf("ask the Docker Engine about itself: %w", err)
	}
	return i.DockerRootDir, nil
}

// Usage is what the Engine counts of a container that runs.
func (e *Engine) Usage(ctx context.Context, id string) (usage.Counters, error) {
	defer e.timed("stats")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	res, err := e.cli.ContainerStatsOneShot(ctx, id)
	if err != nil {
		return usage.Counters{}, fmt.Errorf("ask for the usage of container %s: %w", id, err)
	}
	defer func() { _ = res.Body.Close() }()
	var s container.StatsResponse
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return usage.Counters{}, fmt.Errorf("read the usage of container %s: %w", id, err)
	}
	return counted(s), nil
}

// counted says in our words what the Engine counted. A container that does not run is counted as nothing at all.
func counted(s container.StatsResponse) usage.Counters {
	c := usage.Nothing()
	if s.Read.IsZero() || s.Read.Year() <= 1 {
		return c
	}
	c.CPU = clocker.Measure(s.CPUStats.CPUUsage.TotalUsage) / 1e9
	c.Memory, c.Processes = clocker.Measure(s.MemoryStats.Usage), clocker.Measure(s.PidsStats.Current)
	for _, key := range []string{"total_inactive_file", "inactive_file"} { // version 1 of control groups, version 2
		if n, ok := s.MemoryStats.Stats[key]; ok && n <= s.MemoryStats.Usage {
			c.Memory -= clocker.Measure(n)
			break
		}
	}
	if s.MemoryStats.Limit > 0 {
		c.Limit = clocker.Measure(s.MemoryStats.Limit)
	}
	c.Read, c.Written = 0, 0
	for _, b := range s.BlkioStats.IoServiceBytesRecursive {
		switch strings.ToLower(b.Op) {
		case "read":
			c.Read += clocker.Measure(b.Value)
		case "write":
			c.Written += clocker.Measure(b.Value)
		}
	}
	if len(s.Networks) > 0 {
		c.Received, c.Sent = 0, 0
	}
	for _, n := range s.Networks {
		c.Received += clocker.Measure(n.RxBytes)
		c.Sent += clocker.Measure(n.TxBytes)
	}
	return c
}
