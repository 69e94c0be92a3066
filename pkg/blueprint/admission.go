package blueprint

import "strings"

// refusals are keys that other tools know and that would give a container more than its own: they are never taken, so
// they say why instead of "unknown".
var refusals = map[string]string{
	"privileged":                   "containers never run privileged",
	"docker.container.privileged":  "containers never run privileged",
	"capabilities":                 "containers get no added capabilities",
	"cap_add":                      "containers get no added capabilities",
	"capAdd":                       "containers get no added capabilities",
	"devices":                      "containers get no devices of their host",
	"pid":                          "containers never share their host's namespaces",
	"ipc":                          "containers never share their host's namespaces",
	"uts":                          "containers never share their host's namespaces",
	"userns_mode":                  "containers never share their host's namespaces",
	"cgroup_parent":                "containers never share their host's namespaces",
	"network_mode":                 "containers never share their host's network; each application has its own",
	"networkMode":                  "containers never share their host's network; each application has its own",
	"network":                      "containers never share their host's network; each application has its own",
	"security_opt":                 "the security profile of a container cannot be changed",
	"securityOpt":                  "the security profile of a container cannot be changed",
	"docker.host.volumes":          "host binds are not allowed",
	"volumeMappings":               "host binds are not allowed",
	"binds":                        "host binds are not allowed",
	"docker.run.arguments":         "arguments of docker run are not taken",
	"docker.run.additionaloptions": "arguments of docker run are not taken",
}

// refusedKey says why a key is never taken.
func refusedKey(name string, value node) (why, hint string, refused bool) {
	why, refused = refusals[name]
	if !refused {
		return "", "", false
	}
	switch {
	case strings.Contains(why, "host binds"):
		hint = volumeHint
	case strings.HasPrefix(name, "network"):
		hint = "remove it; network.cidr chooses the application's addresses"
	case strings.Contains(strings.ToLower(name), "privileged") && value.yaml.Value == "false":
		hint = "that is so without the key: remove it"
	default:
		hint = "remove it"
	}
	return name + " is refused: " + why, hint, true
}

// shortNames maps the long configuration keys of Clocker 1.x, and names from Compose, to what they are called here.
var shortNames = map[string]string{
	"serviceType": "type", "service_type": "type", "image": "type", "docker.image.name": "type",
	"locations": "location", "displayName": "name",
	"docker.dockerfile.url": "dockerfile", "dockerfileUrl": "dockerfile", "build": "dockerfile",
	"cluster.initial.size": "initialSize", "replicas": "initialSize", "size": "initialSize", "scale": "initialSize",
	"docker.container.environment": "env", "environment": "env", "shell.env": "env",
	"docker.container.openPorts": "openPorts", "docker.openPorts": "openPorts", "ports": "openPorts", "expose": "openPorts",
	"docker.container.directPorts": "directPorts", "docker.directPorts": "directPorts",
	"docker.image.entrypoint": "entrypoint", "docker.image.commands": "commands", "command": "commands",
	"docker.container.volumes.export": "volumes", "docker.memory": "memory", "mem_limit": "memory",
	"docker.cpuShares": "cpuShares", "cpu_shares": "cpuShares", "docker.container.strategies": "strategies",
	"healthcheck": "healthCheck", "health_check": "healthCheck", "start.latch": "launch.latch",
	"latch.launch": "launch.latch", "depends_on": "launch.latch", "cidr": "network.cidr",
}
