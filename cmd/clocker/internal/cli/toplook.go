package cli

import (
	"strconv"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/clocker"
)

func topHost(h client.Host, now time.Time) render.TopHost {
	u := clocker.Unknown()
	out := render.TopHost{Name: h.Host, State: h.State, Containers: h.Containers, CPU: u, Load: u, Memory: u, Total: u, Disk: u, DiskTotal: u,
		Received: u, Sent: u}
	if m := h.Usage; m != nil {
		out.CPU, out.Load, out.Memory, out.Total, out.Disk, out.DiskTotal = m.CPU, m.Load, m.Memory, m.MemoryTotal, m.Disk, m.DiskTotal
		out.Received, out.Sent, out.Silent = m.ReceivedRate, m.SentRate, silence(m.Stale, m.Time, now)
	}
	return out
}

func topContainer(c client.Container, now time.Time) render.TopContainer {
	u := clocker.Unknown()
	out := render.TopContainer{Name: c.Container, State: c.State, Host: c.Host, Restarts: c.Attempt, CPU: u, Memory: u, Limit: u, Processes: u,
		Received: u, Sent: u, Read: u, Written: u}
	m := c.Usage
	if m == nil {
		return out
	}
	out.CPU, out.Memory, out.Limit, out.Processes = m.CPU, m.Memory, m.MemoryLimit, m.Processes
	out.Received, out.Sent, out.Read, out.Written = m.ReceivedRate, m.SentRate, m.ReadRate, m.WrittenRate
	out.Silent = silence(m.Stale, m.Time, now)
	if m.History != nil {
		out.History, out.Step = m.History.CPU, time.Duration(m.History.Step)*time.Second
	}
	return out
}

// silence is how old values are that are not those of now; at least a moment, whatever the clocks say.
func silence(stale bool, at, now time.Time) time.Duration {
	if !stale {
		return 0
	}
	return max(now.Sub(at), time.Second)
}

// unlessSilent shows what is measured only while it is.
func unlessSilent[T any](since func(T) time.Duration, cell func(T) string) func(T) string {
	return func(v T) string {
		if since(v) > 0 {
			return ""
		}
		return cell(v)
	}
}

func (s *Shell) topHosts() listing[render.TopHost] {
	type one = render.TopHost
	now := func(cell func(one) string) func(one) string {
		return unlessSilent(func(h one) time.Duration { return h.Silent }, cell)
	}
	state := func(h one) string {
		if h.Silent > 0 {
			return "silent for " + render.Age(s.Now(), new(s.Now().Add(-h.Silent)))
		}
		return h.State
	}
	return listing[one]{name: func(h one) string { return h.Name }, columns: []column[one]{
		{heading: "HOST", cell: func(h one) string { return h.Name }},
		{heading: "STATE", cell: state, state: true},
		{heading: "CPU", cell: now(func(h one) string { return render.Percent(h.CPU) })},
		{heading: "LOAD", cell: now(func(h one) string { return render.Count(h.Load) })},
		{heading: "MEMORY", cell: now(func(h one) string { return render.Amount(h.Memory) })},
		{heading: "OF", cell: now(func(h one) string { return render.Amount(h.Total) })},
		{heading: "DISK", cell: now(func(h one) string { return render.Amount(h.Disk) })},
		{heading: "OF", cell: now(func(h one) string { return render.Amount(h.DiskTotal) })},
		{heading: "IN", cell: now(func(h one) string { return render.Rate(h.Received) })},
		{heading: "OUT", cell: now(func(h one) string { return render.Rate(h.Sent) })},
		{heading: "CONTAINERS", cell: func(h one) string { return strconv.Itoa(h.Containers) }},
	}}
}

func (s *Shell) topContainers() listing[render.TopContainer] {
	type one = render.TopContainer
	now := func(cell func(one) string) func(one) string {
		return unlessSilent(func(c one) time.Duration { return c.Silent }, cell)
	}
	cpu := func(c one) string {
		if c.Silent > 0 {
			return silent
		}
		return render.Percent(c.CPU)
	}
	return listing[one]{name: func(c one) string { return c.Name }, columns: []column[one]{
		{heading: "CONTAINER", cell: func(c one) string { return c.Name }},
		{heading: "STATE", cell: func(c one) string { return c.State }, state: true},
		{heading: "CPU", cell: cpu},
		{heading: "MEMORY", cell: now(func(c one) string { return render.Amount(c.Memory) })},
		{heading: "LIMIT", cell: now(func(c one) string { return render.Amount(c.Limit) })},
		{heading: "IN", cell: now(func(c one) string { return render.Rate(c.Received) })},
		{heading: "OUT", cell: now(func(c one) string { return render.Rate(c.Sent) })},
		{heading: "READ", cell: now(func(c one) string { return render.Rate(c.Read) })},
		{heading: "WRITTEN", cell: now(func(c one) string { return render.Rate(c.Written) })},
		{heading: "PIDS", cell: now(func(c one) string { return render.Count(c.Processes) })},
		{heading: "RESTARTS", cell: func(c one) string { return restarts(c.Restarts) }},
		{heading: "HOST", cell: func(c one) string { return c.Host }},
	}}
}
