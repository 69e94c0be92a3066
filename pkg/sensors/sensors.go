package sensors

import "clocker.io/pkg/clocker"

// What a sensor is of.
const (
	OfContainer = "container"
	OfHost      = "host"
	OfGroup     = "application, entity" // added up over containers
	OfAny       = "application, entity, container, host"
)

// Units of values.
const (
	Bytes          = "B"
	BytesPerSecond = "B/s"
	Cores          = "cores"
	Ratio          = "ratio" // from 0 to 1
	Seconds        = "s"
	Count          = "" // a number of things
	Word           = "word"
	YesNo          = "yes or no"
)

// Sensors of containers.
const (
	CPU          = "docker.container.cpu"
	Memory       = "docker.container.memory"
	MemoryLimit  = "docker.container.memory.limit"
	Processes    = "docker.container.pids"
	Restarts     = "docker.container.restarts"
	Received     = "docker.container.network.received"
	ReceivedRate = "docker.container.network.received.rate"
	Sent         = "docker.container.network.sent"
	SentRate     = "docker.container.network.sent.rate"
	Read         = "docker.container.disk.read"
	ReadRate     = "docker.container.disk.read.rate"
	Written      = "docker.container.disk.written"
	WrittenRate  = "docker.container.disk.written.rate"
)

// Sensors of hosts.
const (
	MachineCPU          = "machine.cpu"
	MachineLoad         = "machine.loadAverage"
	MachineUptime       = "machine.uptime"
	MachineMemory       = "machine.memory.total"
	MachineMemoryUsed   = "machine.memory.used"
	MachineMemoryFree   = "machine.memory.free"
	MachineDisk         = "machine.disk.total"
	MachineDiskUsed     = "machine.disk.used"
	MachineData         = "machine.data.total"
	MachineDataUsed     = "machine.data.used"
	MachineReceived     = "machine.network.received"
	MachineReceivedRate = "machine.network.received.rate"
	MachineSent         = "machine.network.sent"
	MachineSentRate     = "machine.network.sent.rate"
	ContainersTotal     = "docker.containers.total"
)

// Sensors of entities and applications, beside service.isUp and service.state.
const (
	ContainersUp       = "docker.containers.up"
	ContainersRestarts = "docker.containers.restarts"
	CPUTotal           = "cpu.total"
	CPUAverage         = "cpu.average"
	MemoryTotal        = "memory.total"
	MemoryAverage      = "memory.average"
	ReceivedRateTotal  = "network.received.rate"
	SentRateTotal      = "network.sent.rate"
	ReadRateTotal      = "disk.read.rate"
	WrittenRateTotal   = "disk.written.rate"
)

// Sensor is what is known of a sensor before anybody measures.
type Sensor struct {
	Name, Unit, Of string
	// History says that its values of the last hour are kept.
	History bool
	About   string
}

// All lists every sensor with a value that changes by itself. What is fixed once a container is placed, such as
// host.address, is no part of it.
func All() []Sensor {
	return []Sensor{
		{clocker.SensorIsUp, YesNo, OfAny, false, "whether it does its work: a container is healthy, a host ready, of an entity or application every wanted member is"},
		{clocker.SensorState, Word, OfAny, false, "created, starting, running, on-fire, stopping or stopped, as Brooklyn has it"},

		{CPU, Cores, OfContainer, true, "processor time used, as a number of cores: 0.5 is half of one"},
		{Memory, Bytes, OfContainer, true, "memory used, without the part of the page cache that can be dropped"},
		{MemoryLimit, Bytes, OfContainer, false, "what it may use at most; unknown without a limit"},
		{Processes, Count, OfContainer, false, "processes and threads"},
		{Restarts, Count, OfContainer, false, "restarts in place of this generation"},
		{Received, Bytes, OfContainer, false, "received over its network since it started"},
		{ReceivedRate, BytesPerSecond, OfContainer, true, "received over its network"},
		{Sent, Bytes, OfContainer, false, "sent over its network since it started"},
		{SentRate, BytesPerSecond, OfContainer, true, "sent over its network"},
		{Read, Bytes, OfContainer, false, "read from block devices since it started"},
		{ReadRate, BytesPerSecond, OfContainer, true, "read from block devices"},
		{Written, Bytes, OfContainer, false, "written to block devices since it started"},
		{WrittenRate, BytesPerSecond, OfContainer, true, "written to block devices"},

		{MachineCPU, Ratio, OfHost, true, "processor time used, of all cores together"},
		{MachineLoad, Count, OfHost, true, "load average of the last minute"},
		{MachineUptime, Seconds, OfHost, false, "since the machine started"},
		{MachineMemory, Bytes, OfHost, false, "memory of the machine"},
		{MachineMemoryUsed, Bytes, OfHost, true, "memory that cannot be had without swapping"},
		{MachineMemoryFree, Bytes, OfHost, false, "memory that can be had"},
		{MachineDisk, Bytes, OfHost, false, "size of the file system with the Engine's data"},
		{MachineDiskUsed, Bytes, OfHost, true, "used of it, by whomever"},
		{MachineData, Bytes, OfHost, false, "size of the file system with the agent's data"},
		{MachineDataUsed, Bytes, OfHost, false, "used of it, by whomever"},
		{MachineReceived, Bytes, OfHost, false, "received on the interfaces that lead out, since they are there"},
		{MachineReceivedRate, BytesPerSecond, OfHost, true, "received on the interfaces that lead out"},
		{MachineSent, Bytes, OfHost, false, "sent on the interfaces that lead out, since they are there"},
		{MachineSentRate, BytesPerSecond, OfHost, true, "sent on the interfaces that lead out"},
		{ContainersTotal, Count, OfHost, false, "containers of this installation that run there"},

		{ContainersTotal, Count, OfGroup, false, "containers that it has"},
		{ContainersUp, Count, OfGroup, false, "of them, those that do their work"},
		{ContainersRestarts, Count, OfGroup, false, "sum of its containers' restarts in place"},
		{CPUTotal, Cores, OfGroup, true, "sum of its containers' processor time"},
		{CPUAverage, Cores, OfGroup, true, "mean of its containers' processor time"},
		{MemoryTotal, Bytes, OfGroup, true, "sum of its containers' memory"},
		{MemoryAverage, Bytes, OfGroup, true, "mean of its containers' memory"},
		{ReceivedRateTotal, BytesPerSecond, OfGroup, true, "sum of what its containers receive"},
		{SentRateTotal, BytesPerSecond, OfGroup, true, "sum of what its containers send"},
		{ReadRateTotal, BytesPerSecond, OfGroup, true, "sum of what its containers read from block devices"},
		{WrittenRateTotal, BytesPerSecond, OfGroup, true, "sum of what its containers write to block devices"},
	}
}

// Of lists the sensors of one kind of thing: OfContainer, OfHost or OfGroup, without what is of any.
func Of(kind string) []Sensor {
	var out []Sensor
	for _, s := range All() {
		if s.Of == kind {
			out = append(out, s)
		}
	}
	return out
}

// Names are the names of sensors, in order.
func Names(list []Sensor) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}
