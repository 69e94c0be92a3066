package view

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Sensors are the named values of one thing, and of an application those of its entities too.
type Sensors struct {
	Of       string     `json:"of"`             // shop, shop/web, shop/web/0, or a host
	Host     string     `json:"host,omitempty"` // that measures it
	Time     *time.Time `json:"time,omitempty"` // of what was measured; of several containers the oldest
	Stale    bool       `json:"stale"`          // what was measured is the last that is known: its host is silent
	Items    []Sensor   `json:"items"`
	Entities []Sensors  `json:"entities,omitempty"`
}

// Sensor is a named value. One whose value is not known is left out of lists.
type Sensor struct {
	Sensor  string  `json:"sensor"`
	Value   any     `json:"value"`
	Unit    string  `json:"unit,omitempty"`
	History []Point `json:"history,omitempty"`
}

// Point is the mean of a sensor's values from a moment on: for five seconds if it is of the last five minutes, else for
// a minute.
type Point struct {
	Time  time.Time       `json:"time"`
	Value clocker.Measure `json:"value"`
}

// BrooklynSensor says that an entity has a sensor, as Brooklyn's clients read it.
type BrooklynSensor struct {
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Description string            `json:"description"`
	Links       map[string]string `json:"links"`
}

// Usage is the latest readings of a container; values that are not known are null.
type Usage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"` // the last that are known: its host is silent
	CPU          clocker.Measure `json:"cpu"`   // cores
	Memory       clocker.Measure `json:"memory"`
	MemoryLimit  clocker.Measure `json:"memoryLimit"`
	Processes    clocker.Measure `json:"processes"`
	ReceivedRate clocker.Measure `json:"receivedRate"` // bytes a second, as the next three
	SentRate     clocker.Measure `json:"sentRate"`
	ReadRate     clocker.Measure `json:"readRate"`
	WrittenRate  clocker.Measure `json:"writtenRate"`
	History      *UsageHistory   `json:"history,omitempty"`
}

// HostUsage is the latest readings of a host; values that are not known are null.
type HostUsage struct {
	Time         time.Time       `json:"time"`
	Stale        bool            `json:"stale"`
	CPU          clocker.Measure `json:"cpu"` // of all cores together, from 0 to 1
	Load         clocker.Measure `json:"load"`
	Memory       clocker.Measure `json:"memory"`
	MemoryTotal  clocker.Measure `json:"memoryTotal"`
	Disk         clocker.Measure `json:"disk"` // of the Engine
	DiskTotal    clocker.Measure `json:"diskTotal"`
	ReceivedRate clocker.Measure `json:"receivedRate"`
	SentRate     clocker.Measure `json:"sentRate"`
	History      *UsageHistory   `json:"history,omitempty"`
}

// UsageHistory is the last minutes, a value each five seconds, the newest last; null where nothing was measured.
type UsageHistory struct {
	Step   int               `json:"step"` // seconds
	CPU    []clocker.Measure `json:"cpu"`
	Memory []clocker.Measure `json:"memory"`
}
