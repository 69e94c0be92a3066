package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// OldestAPI is the oldest version of the Engine's API that Clocker speaks: that of Docker Engine 20.10.
const OldestAPI = "1.41"

func judgeEngine(f Facts) []Finding {
	e := f.Engine
	if e.Host == "" {
		return nil
	}
	if e.Trouble != "" {
		return []Finding{engineTrouble(f)}
	}
	out := []Finding{fine("engine", "Docker Engine %s at %s", e.Version, e.Host)}
	return append(out, engineAPI(e), engineOS(e), engineStorage(e), engineLimits(e), engineForwarding(e))
}

func engineTrouble(f Facts) Finding {
	e := f.Engine
	text := fmt.Sprintf("no Docker Engine answers at %s: %s", e.Host, e.Reason)
	other := "or name another one: DOCKER_HOST=unix:///path/docker.sock clocker up"
	switch e.Trouble {
	case Absent:
		return fault("engine-absent", text, "install it: sudo apt-get install docker.io", "or start it: sudo systemctl start docker", other)
	case Denied:
		return fault("engine-denied", text, fmt.Sprintf("let the account %s use it: sudo usermod -aG docker %s, then log in again",
			f.Account, f.Account), "or run Clocker as root")
	case Silent:
		return fault("engine-silent", text, "it hangs: sudo systemctl restart docker (containers stop unless it has live-restore)",
			"look at it: sudo journalctl -u docker -n 50", other)
	case Foreign:
		return fault("engine-foreign", fmt.Sprintf("what answers at %s is no Docker Engine: %s", e.Host, e.Reason),
			"name the Engine's address: DOCKER_HOST=unix:///var/run/docker.sock clocker up")
	default:
		return fault("engine-down", text, "start it: sudo systemctl start docker", "look at it: sudo journalctl -u docker -n 50", other)
	}
}

func engineAPI(e Engine) Finding {
	if older(e.API, OldestAPI) {
		return fault("engine-old", fmt.Sprintf("Docker Engine %s speaks API %s; Clocker needs %s or newer (Engine 20.10)", e.Version, e.API, OldestAPI),
			"upgrade the Engine: https://docs.docker.com/engine/install/")
	}
	return fine("engine-api", "it speaks API %s; %s or newer is needed", e.API, OldestAPI)
}

// older compares two versions such as 1.9 and 1.41.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, errM := strconv.Atoi(x[i])
		n, errN := strconv.Atoi(y[i])
		switch {
		case errM != nil || errN != nil:
			return errM != nil // what is no number is not a version we know
		case m != n:
			return m < n
		}
	}
	return len(x) < len(y)
}

func engineOS(e Engine) Finding {
	if e.OS != "linux" {
		return fault("engine-not-linux", fmt.Sprintf("the Engine runs %s containers; Clocker needs Linux containers", e.OS),
			"in Docker Desktop: Switch to Linux containers", "or name an Engine on Linux: DOCKER_HOST=unix:///path/docker.sock clocker up")
	}
	return fine("engine-linux", "it runs Linux containers")
}

func engineStorage(e Engine) Finding {
	switch e.Storage {
	case "vfs", "devicemapper", "aufs":
		return warning("engine-storage", fmt.Sprintf("the Engine stores images with %s, which is slow or copies every layer whole", e.Storage),
			`set {"storage-driver": "overlay2"} in /etc/docker/daemon.json and restart the Engine; it makes images and containers anew`)
	}
	return fine("engine-storage", "it stores images with %s", e.Storage)
}

func engineLimits(e Engine) Finding {
	if !e.MemoryLimit || e.Cgroup == "none" {
		return warning("engine-limits", fmt.Sprintf("the Engine cannot bound the memory of containers (cgroup driver %s, version %s): "+
			"one container can take all of it", e.Cgroup, e.CgroupVersion),
			"mount the memory controller: on Debian add cgroup_enable=memory to the kernel's command line",
			"or, for a rootless Engine, delegate it: https://rootlesscontaine.rs/getting-started/common/cgroup2/")
	}
	return fine("engine-limits", "it can bound memory and cores (cgroup driver %s, version %s)", e.Cgroup, e.CgroupVersion)
}

func engineForwarding(e Engine) Finding {
	if !e.Forwarding {
		return fault("engine-forwarding", "the Engine's machine forwards no packets between networks: containers reach nothing outside of theirs",
			"sudo sysctl -w net.ipv4.ip_forward=1, and in /etc/sysctl.d/ so that it stays")
	}
	return fine("engine-forwarding", "its machine forwards packets between networks")
}
