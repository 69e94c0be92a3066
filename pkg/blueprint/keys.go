package blueprint

import (
	"slices"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
)

// key is a key of a map in the blueprint: what it is for, what its value may be, and what reads it. Parser and JSON
// Schema are made of these tables.
type key[T any] struct {
	name  string
	about string
	shape schema
	read  func(T, node) // nil: read together with others
}

type (
	rootKey    = key[*parser]
	serviceKey = key[*service]
	healthKey  = key[*clocker.HealthCheck]
)

func names[T any](keys []key[T]) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.name
	}
	slices.Sort(list)
	return list
}

const networkKey = "network.cidr"

// rootKeys are the keys of a blueprint. They are read in an order of their own, see parser.root.
var rootKeys = sync.OnceValue(func() []rootKey {
	return []rootKey{
		{name: "id", about: "The application's id, by which it is known everywhere. Else made of its name.", shape: idShape},
		{name: "name", about: "The application's name, for people.", shape: titleShape},
		{name: "location", about: "The cloud that it runs in.", shape: oneOrOnly(lineShape)},
		{name: "locations", about: "The same as location.", shape: oneOrOnly(lineShape)},
		{name: "brooklyn.config", about: "Settings of the whole application.",
			shape: object(map[string]schema{networkKey: described(cidrShape, cidrAbout)})},
		{name: "services", about: "What the application consists of: an entity each.", shape: servicesShape()},
	}
})

const cidrAbout = "The application's network, private and IPv4; a /22 is given when none is asked for."

// serviceKeys are the keys of a service, which stand at its root or in its brooklyn.config. type, dockerfile, id and
// name belong together and are read by identify, healthCheck after the ports: see readService.
var serviceKeys = sync.OnceValue(func() []serviceKey {
	return []serviceKey{
		{"type", "The image to run, docker:<image>. Beside dockerfile it only names the service.", typeShape, nil},
		{"id", "The service's id within the application. Else made of its name, or of its type.", idShape, nil},
		{"name", "The service's name, for people.", titleShape, nil},
		{"dockerfile", "The text of a Dockerfile, or its path inside the build context.", dockerfileShape, nil},
		{"initialSize", "How many members to start with.", sizes.shape(), (*service).readSize},
		{"env", "Environment of the container, a map or a list of NAME=value; values may be $brooklyn: expressions.",
			envShape(), (*service).readEnv},
		{"openPorts", "Ports to publish on a port of the host that is free.", portsShape(),
			func(s *service, n node) { s.entity.OpenPorts = readPorts("openPorts", n) }},
		{"directPorts", "Ports to publish on the same port of the host.", portsShape(),
			func(s *service, n node) { s.entity.DirectPorts = readPorts("directPorts", n) }},
		{"entrypoint", "In place of the image's entrypoint. No shell runs it.", wordsShape(),
			func(s *service, n node) { s.entity.Entrypoint = s.readWords("entrypoint", n) }},
		{"commands", "In place of the image's command. No shell runs it.", wordsShape(),
			func(s *service, n node) { s.entity.Commands = s.readWords("commands", n) }},
		{"volumes", "Named volumes, name:/path. They are kept when a container is replaced.", volumesShape(),
			(*service).readVolumes},
		{"memory", "The most memory that a container may use.", bytesShape,
			func(s *service, n node) { s.entity.Resources.Memory = readBytes("memory", n) }},
		{"minRam", "Memory that a host must have free for a container.", bytesShape,
			func(s *service, n node) { s.entity.Resources.MinRAM = readBytes("minRam", n) }},
		{"cpuShares", "Weight of a container's share of the processors; 1024 is usual.", cpuShares.shape(),
			func(s *service, n node) { s.entity.Resources.CPUShares, _ = n.integer("cpuShares", cpuShares) }},
		{"minCores", "Cores that a host must have free for a container.", coresShape,
			func(s *service, n node) { s.entity.Resources.MinCores = readCores(n) }},
		{"strategies", "Rules for the choice of hosts, after those of the cloud.", strategiesShape(), (*service).readStrategies},
		{"healthCheck", "How to find out whether a container works.", healthShape(), nil},
		{"restart", "What becomes of a container that ends.", restartShape(), (*service).readRestart},
		{networkKey, cidrAbout, cidrShape, func(s *service, n node) { s.parser.network(n) }},
		{"launch.latch", "A sensor of another service to wait for before the start.", latchShape(), (*service).readLatch},
	}
})

// outsideConfig reports whether brooklyn.config of a service does not take the key.
func outsideConfig(name string) bool { return name == "type" || name == "id" || name == "name" }

var (
	sizes          = between{0, MaxSize}
	cpuShares      = between{2, 262144}
	portNumbers    = between{1, 65535}
	attemptNumbers = between{0, 1000}
	retryNumbers   = between{1, 100}
)

// probes are the kinds of health checks; each check has one.
var probes = []string{"http", "tcp", "command"}

var healthKeys = sync.OnceValue(func() []healthKey {
	return []healthKey{
		{"http", "Path to get; a status from 200 to 399 is healthy.", schema{"type": "string", "pattern": `^\s*/\S*\s*$`}, readHTTP},
		{"tcp", "true, or the port that must accept a connection.", anyOf(schema{"const": true}, schema{"const": "true"}, portNumbers.shape()), readTCP},
		{"command", "Command to run in the container; 0 is healthy.",
			anyOf(textShape, list(textShape, 1, 0)), func(h *clocker.HealthCheck, n node) { h.Command = readCommand(n) }},
		{"port", "Port of http or tcp; may be left out where the service has one.", portNumbers.shape(), number("port", portNumbers,
			func(h *clocker.HealthCheck, v int64) { h.Port = int(v) })},
		period("interval", "Time between two probes.", span{100 * time.Millisecond, time.Hour},
			func(h *clocker.HealthCheck) *int64 { return &h.Interval }),
		period("timeout", "Time after which a probe has failed.", span{50 * time.Millisecond, 10 * time.Minute},
			func(h *clocker.HealthCheck) *int64 { return &h.Timeout }),
		{"retries", "Failed probes in a row that make a container unhealthy.", retryNumbers.shape(), number("retries", retryNumbers,
			func(h *clocker.HealthCheck, v int64) { h.Retries = int(v) })},
		period("start", "Time after the start in which failed probes do not count.", span{0, time.Hour},
			func(h *clocker.HealthCheck) *int64 { return &h.Start }),
	}
})

func number(name string, b between, set func(*clocker.HealthCheck, int64)) func(*clocker.HealthCheck, node) {
	return func(h *clocker.HealthCheck, n node) {
		if v, ok := n.integer(name, b); ok {
			set(h, v)
		}
	}
}

func period(name, about string, b span, of func(*clocker.HealthCheck) *int64) healthKey {
	return healthKey{name, about, b.shape(), func(h *clocker.HealthCheck, n node) {
		if v, ok := readMillis(name, n, b); ok {
			*of(h) = v
		}
	}}
}

var restartKeys = sync.OnceValue(func() []serviceKey {
	return []serviceKey{
		{"policy", "always, on-failure or no.", policyShape, (*service).readPolicy},
		{"attempts", "How often it is started again in place before it is replaced.", attemptNumbers.shape(), (*service).readAttempts},
	}
})
