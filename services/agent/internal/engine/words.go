package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// Refusal is the Engine's no, in words a user can act on. Trying again changes nothing by itself.
type Refusal struct {
	Reason string
	Retry  bool  // the reason may pass by itself: a registry out of reach
	Port   *Port // the host port that somebody else holds, when that is why
}

// Port is a host port as the Engine names it when it cannot have it.
type Port struct {
	Protocol  string // empty when it does not say
	Number    int
	Container bool // another container of the Engine has it
}

func (r *Refusal) Error() string { return r.Reason }

// ErrNoImage says that an image is not on the host.
var ErrNoImage = errors.New("the image is not on this host")

// ErrTaken says that another container has the name.
var ErrTaken = errors.New("another container has the name")

func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

// refusal sorts an error of the client: nil, ErrNoImage, an Engine that could not be asked, or a Refusal.
func (e *Engine) refusal(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case client.IsErrConnectionFailed(err) || errdefs.IsCanceled(err) || errdefs.IsDeadlineExceeded(err) || !answered(err):
		return fmt.Errorf("%s: %w", doing, err)
	case errdefs.IsNotFound(err) && strings.Contains(err.Error(), "No such image"):
		return ErrNoImage
	case errdefs.IsConflict(err) && strings.Contains(err.Error(), "is already in use by container"):
		return ErrTaken
	}
	return refusalOf(err.Error())
}

// removal is refusal for what removes something: gone already counts as removed.
func (e *Engine) removal(doing string, err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.refusal(doing, err)
}

// answered reports whether the Engine answered at all: its answers have a kind, a broken connection has none.
func answered(err error) bool {
	return errdefs.IsNotFound(err) || errdefs.IsConflict(err) || errdefs.IsInvalidArgument(err) ||
		errdefs.IsInternal(err) || errdefs.IsPermissionDenied(err) || errdefs.IsNotModified(err) ||
		errdefs.IsUnauthorized(err) || errdefs.IsNotImplemented(err) || errdefs.IsUnavailable(err) || errdefs.IsUnknown(err)
}

var (
	portDenied  = regexp.MustCompile(`listen (?:tcp|udp)[46]? \S*:(\d+): bind: permission denied`)
	notFound    = regexp.MustCompile(`exec: \\?"([^"\\]+)\\?": (?:executable file not found in \$PATH|stat [^:]+: no such file or directory)`)
	overlaps    = regexp.MustCompile(`(?i)pool overlaps|overlapping IPv4|conflicts with network`)
	daemonSays  = regexp.MustCompile(`^(?:Error response from daemon: )+`)
	addressHeld = regexp.MustCompile(`^Address already in use$`)
)

// The ways in which Engines say that a host port is held: by another program, up to 26, 27, and from 28 on; and by
// another of their containers.
var (
	portHeld = []*regexp.Regexp{
		regexp.MustCompile(`listen (?P<protocol>tcp|udp)[46]? \S*:(?P<port>\d+): bind: address already in use`),
		regexp.MustCompile(`failed to bind host port for \S*?:(?P<port>\d+):\S+/(?P<protocol>tcp|udp): address already in use`),
		regexp.MustCompile(`failed to bind host port \S*:(?P<port>\d+)/(?P<protocol>tcp|udp): address already in use`),
	}
	portAllocated = regexp.MustCompile(`Bind for \S*:(\d+) failed: port is already allocated`)
)

// heldPort finds the host port in an error that says it is held; nil when it says something else.
func heldPort(text string) *Port {
	for _, r := range portHeld {
		if m := r.FindStringSubmatch(text); m != nil {
			n, err := strconv.Atoi(m[r.SubexpIndex("port")])
			if err == nil {
				return &Port{Protocol: m[r.SubexpIndex("protocol")], Number: n}
			}
		}
	}
	if m := portAllocated.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return &Port{Number: n, Container: true}
		}
	}
	return nil
}

// refusalOf puts an error of the Engine in words.
func refusalOf(text string) *Refusal {
	text = strings.TrimSpace(daemonSays.ReplaceAllString(text, ""))
	if p := heldPort(text); p != nil {
		who := "another program"
		if p.Container {
			who = "another container"
		}
		return &Refusal{Reason: fmt.Sprintf("host port %d is held by %s", p.Number, who), Port: p}
	}
	return &Refusal{Reason: words(text)}
}

// words puts an error of the Engine about something else in words.
func words(text string) string {
	if m := portDenied.FindStringSubmatch(text); m != nil {
		return "the Docker Engine may not use host port " + m[1]
	}
	if m := notFound.FindStringSubmatch(text); m != nil {
		return "the image has no command " + m[1]
	}
	if addressHeld.MatchString(text) {
		return "its address is held by another container on its network"
	}
	return text
}

var (
	registryAway = regexp.MustCompile(`(?i)no such host|i/o timeout|timeout|connection refused|connection reset|unreachable|temporary failure|server misbehaving|EOF|toomanyrequests|too many requests|\b(?:429|500|502|503|504)\b|request canceled while waiting`)
	imageUnknown = regexp.MustCompile(`(?i)manifest unknown|manifest for .* not found|repository does not exist|name unknown|not found`)
	imageDenied  = regexp.MustCompile(`(?i)denied|unauthorized|authentication required`)
)

// pullRefusal sorts why an image cannot be pulled: a registry out of reach may come back, an image that is not there
// or not allowed will not. It names the reference alone: whoever tells it says what it is about, an image most often.
func pullRefusal(reference, text string) *Refusal {
	text = strings.TrimSpace(daemonSays.ReplaceAllString(text, ""))
	r := &Refusal{Retry: true}
	switch {
	case registryAway.MatchString(text):
		r.Reason = fmt.Sprintf("%s cannot be pulled now: its registry does not answer (%s)", reference, text)
	case imageUnknown.MatchString(text) && !imageDenied.MatchString(text):
		r.Retry, r.Reason = false, fmt.Sprintf("%s does not exist in its registry", reference)
	case imageDenied.MatchString(text):
		r.Retry, r.Reason = false, fmt.Sprintf("%s does not exist in its registry, or it may not be pulled without an account", reference)
	default:
		r.Retry, r.Reason = false, fmt.Sprintf("%s cannot be pulled: %s", reference, text)
	}
	return r
}
