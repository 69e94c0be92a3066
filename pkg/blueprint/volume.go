package blueprint

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

const maxVolumes = 64

// maxPath is the longest path that Linux takes, in bytes; maxName the longest name in one.
const (
	maxPath = 4095
	maxName = 255
)

const volumeHint = "name:/path, such as data:/var/lib/data; the volume is made by the Engine and lives as long as the container's identity"

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$`)

// readVolumes reads named volumes, each name:/path.
func (s *service) readVolumes(n node) {
	if n.scalar() {
		s.addVolume(n)
		return
	}
	items, _ := n.items("volumes")
	if len(items) > maxVolumes {
		n.fail(OverLimit, "split the service", "a service has at most %d volumes, this has %d", maxVolumes, len(items))
		return
	}
	for _, item := range items {
		s.addVolume(item)
	}
}

func (s *service) addVolume(n node) {
	text, ok := n.line("a volume")
	if !ok {
		return
	}
	name, where, ok := strings.Cut(text, ":")
	switch {
	case strings.Contains(text, "docker.sock"):
		n.fail(HostBind, "remove it", "%q is refused: the Engine's socket is never given to a container", clip(text))
		return
	case strings.ContainsAny(name, `/\~`) && ok:
		n.fail(HostBind, volumeHint, "%q is refused: host binds are not allowed", clip(text))
		return
	case !ok:
		n.fail(BadVolume, volumeHint, "%q names no volume and path", clip(text))
		return
	case !volumeName.MatchString(name):
		n.fail(BadVolume, "letters, digits, _ . and -, at most 63, a letter or digit first", "%q cannot name a volume", clip(name))
		return
	case strings.Contains(where, ":"):
		n.fail(BadVolume, volumeHint, "%q has options after the path, which are not known here", clip(text))
		return
	case !path.IsAbs(where) || path.Clean(where) == "/":
		n.fail(BadVolume, volumeHint, "%q is no path inside the container, from its root", clip(where))
		return
	}
	where = path.Clean(where)
	if tooLong(where) {
		n.fail(BadVolume, "shorten it", "the path %q is too long for Linux: it takes %d bytes, %d in each name", clip(where), maxPath, maxName)
		return
	}
	for _, v := range s.entity.Volumes {
		if v.Path == where {
			n.fail(VolumeTwice, "keep one of them", "two volumes are mounted at %s", where)
			return
		}
	}
	s.entity.Volumes = append(s.entity.Volumes, clocker.Volume{Name: name, Path: where})
}

func tooLong(where string) bool {
	return len(where) > maxPath || slices.ContainsFunc(strings.Split(where, "/"), func(name string) bool { return len(name) > maxName })
}
