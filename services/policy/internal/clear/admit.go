package clear

import (
	"path"
	"strings"

	"clocker.io/pkg/clocker"
)

// Admit refuses what no container may ask for. The blueprint's parser refuses it first and the agent refuses it again;
// here it is refused in between, so that a hole in one of them is not a hole in Clocker.
func Admit(e clocker.Entity) error {
	for _, v := range e.Volumes {
		if err := admitVolume(v); err != nil {
			return err
		}
	}
	for _, v := range e.Env {
		if v.Name == "" || strings.ContainsAny(v.Name, "=\x00") {
			return refuse("variable " + quote(v.Name) + " is no name of a variable")
		}
	}
	for _, ports := range [][]clocker.Port{e.OpenPorts, e.DirectPorts} {
		for _, p := range ports {
			if p.Port < 1 || p.Port > 65535 || p.Protocol != "tcp" && p.Protocol != "udp" {
				return refuse("a published port needs a number from 1 to 65535 and tcp or udp")
			}
		}
	}
	r := e.Resources
	if r.Memory < 0 || r.CPUShares < 0 || r.MinRAM < 0 || r.MinCores < 0 {
		return refuse("resources below zero")
	}
	return nil
}

// admitVolume keeps volumes named: a name that the Engine would read as a path of the host would be a host bind.
func admitVolume(v clocker.Volume) error {
	for _, r := range v.Name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r) {
			return refuse("volume " + quote(v.Name) + " is no name of a volume: host paths cannot be mounted")
		}
	}
	if v.Name == "" || v.Name[0] == '.' {
		return refuse("volume " + quote(v.Name) + " is no name of a volume")
	}
	if !path.IsAbs(v.Path) || path.Clean(v.Path) == "/" || strings.ContainsAny(v.Path, ":\x00") {
		return refuse("volume " + quote(v.Name) + " cannot be mounted at " + quote(v.Path))
	}
	return nil
}

func refuse(why string) error {
	return &clocker.Error{Code: clocker.Denied, Message: "refused: " + why}
}

func quote(s string) string { return "\"" + s + "\"" }
