package http

import (
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// historyOf reads ?history, how far back to look, such as 5m or 1h; 0 when it is not given.
func historyOf(c echo.Context, most time.Duration) (time.Duration, error) {
	text := asked(c, "history")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > most {
		return 0, wrong("history", "must be how far to look back, such as 5m, and at most %.0fm", most.Minutes())
	}
	return d, nil
}

func refOf(c view.Container) readings.Ref {
	return readings.Ref{Host: c.Host, Key: clocker.Key{UID: c.UID, Entity: c.Entity, Ordinal: c.Ordinal}}
}

// usage is what was measured of a container; nil when it was not measured where it is.
func (s *Server) usage(c view.Container, back time.Duration) *view.Usage {
	l, ok := s.cfg.Readings.Container(refOf(c))
	if !ok {
		return nil
	}
	u := &view.Usage{Time: l.At, Stale: l.Stale, CPU: of(l, sensors.CPU), Memory: of(l, sensors.Memory), MemoryLimit: of(l, sensors.MemoryLimit),
		Processes: of(l, sensors.Processes), ReceivedRate: of(l, sensors.ReceivedRate), SentRate: of(l, sensors.SentRate),
		ReadRate: of(l, sensors.ReadRate), WrittenRate: of(l, sensors.WrittenRate)}
	if back > 0 {
		u.History = &view.UsageHistory{Step: int(readings.Step / time.Second),
			CPU:    s.cfg.Readings.Line(refOf(c), sensors.CPU, back),
			Memory: s.cfg.Readings.Line(refOf(c), sensors.Memory, back)}
	}
	return u
}

// hostUsage is what was measured of a host; nil when nothing was.
func (s *Server) hostUsage(host string, back time.Duration) *view.HostUsage {
	l, ok := s.cfg.Readings.Host(host)
	if !ok {
		return nil
	}
	u := &view.HostUsage{Time: l.At, Stale: l.Stale, CPU: of(l, sensors.MachineCPU), Load: of(l, sensors.MachineLoad),
		Memory: of(l, sensors.MachineMemoryUsed), MemoryTotal: of(l, sensors.MachineMemory),
		Disk: of(l, sensors.MachineDiskUsed), DiskTotal: of(l, sensors.MachineDisk),
		ReceivedRate: of(l, sensors.MachineReceivedRate), SentRate: of(l, sensors.MachineSentRate)}
	if back > 0 {
		u.History = &view.UsageHistory{Step: int(readings.Step / time.Second),
			CPU:    s.cfg.Readings.HostLine(host, sensors.MachineCPU, back),
			Memory: s.cfg.Readings.HostLine(host, sensors.MachineMemoryUsed, back)}
	}
	return u
}

func of(l readings.Latest, sensor string) clocker.Measure {
	if v, ok := l.Values[sensor]; ok {
		return v
	}
	return clocker.Unknown()
}
