package client

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Usage is what was measured of a container.
type Usage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"`
	CPU          clocker.Measure `json:"cpu"` // cores
	Memory       clocker.Measure `json:"memory"`
	MemoryLimit  clocker.Measure `json:"memoryLimit"`
	Processes    clocker.Measure `json:"processes"`
	ReceivedRate clocker.Measure `json:"receivedRate"`
	SentRate     clocker.Measure `json:"sentRate"`
	ReadRate     clocker.Measure `json:"readRate"`
	WrittenRate  clocker.Measure `json:"writtenRate"`
	History      *UsageHistory   `json:"history"`
}

// UsageHistory is the last minutes, a value each Step seconds.
type UsageHistory struct {
	Step int               `json:"step"`
	CPU  []clocker.Measure `json:"cpu"`
}

// HostUsage is what was measured of a host; what is not known is not clocker.Measure.Known.
type HostUsage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"`
	CPU          clocker.Measure `json:"cpu"` // from 0 to 1
	Load         clocker.Measure `json:"load"`
	Memory       clocker.Measure `json:"memory"`
	MemoryTotal  clocker.Measure `json:"memoryTotal"`
	Disk         clocker.Measure `json:"disk"`
	DiskTotal    clocker.Measure `json:"diskTotal"`
	ReceivedRate clocker.Measure `json:"receivedRate"`
	SentRate     clocker.Measure `json:"sentRate"`
}
