package clocker

import (
	"math"
	"strconv"
)

// MaxReadings bounds the containers of one Readings, so that it stays far below what a message may hold.
const MaxReadings = 500

// Readings is what an agent measured, on clocker.sensor.<host>. A round of many containers comes in several of them, the
// values of the machine with the first. Nobody keeps it for later: the next round follows in seconds.
type Readings struct {
	Host  string `json:"host"`
	Epoch int64  `json:"epoch"`
	Every int64  `json:"every"` // milliseconds from one round to the next, about
	// Machine is the values of the host by sensor.
	Machine map[string]Measure `json:"machine,omitempty"`
	// Sensors names the values of each container, once for all of them.
	Sensors    []string            `json:"sensors,omitempty"`
	Containers []ContainerReadings `json:"containers,omitempty"`
}

// ContainerReadings is what was measured of one container.
type ContainerReadings struct {
	Container
	Values []Measure `json:"values"`
}

// Measure is a measured value. One that is not known, or not yet, is NaN here and null in JSON.
type Measure float64

// Unknown is the value of what is not known.
func Unknown() Measure { return Measure(math.NaN()) }

// Known reports whether there is a value.
func (m Measure) Known() bool { return !math.IsNaN(float64(m)) && !math.IsInf(float64(m), 0) }

// MarshalJSON writes at most four decimals: what is measured is no more precise.
func (m Measure) MarshalJSON() ([]byte, error) {
	if !m.Known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(m)*1e4)/1e4, 'f', -1, 64), nil
}

// UnmarshalJSON reads null as a value that is not known.
func (m *Measure) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*m = Unknown()
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	*m = Measure(v)
	return err
}
