package catalog

import (
	"fmt"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
)

// State is where an image is.
type State string

// The states of an image.
const (
	Working State = "working" // being found, pulled or built, or waiting for a host or for the next try
	Ready   State = "ready"
	Failed  State = "failed"
)

// Image is one image of the catalogue, by content key.
type Image struct {
	Key    string
	Source clocker.ImageSource
	State  State
	Host   string // that works on it or has it; empty while no host is ready

	Attempt int           // the one that counts now; never used twice for a key
	Tries   int           // attempts since it was last asked for
	Pause   time.Duration // before the next try; zero when none is waited for

	ID        string // image id, sha256:...
	Reference string // to pull it by elsewhere
	Size      int64  // bytes
	Reason    string // of the last failure, or why it waits
	Tail      []string
}

// Step says what an application that asks for an image gets.
type Step int

// The outcomes of [Image.Ask].
const (
	Start Step = iota // a new attempt is due
	Join              // one is under way: wait for it
	Reuse             // it is there
)

// Ask decides about a further application that asks for a known image; there says whether its host still exists. What
// was built from equal content is equal. A reference may mean something else by now, so it is looked for again.
func (i Image) Ask(there bool) Step {
	switch {
	case i.State == Working && i.Pause == 0:
		return Join
	case i.State == Ready && i.Source.Builds() && there:
		return Reuse
	}
	return Start
}

// Begin is the image with a new attempt. A fresh one is asked for by somebody; else it is a try after a failure.
func (i Image) Begin(attempt int, fresh bool) Image {
	if fresh {
		i.Tries, i.Reason, i.Tail = 0, "", nil
	}
	i.State, i.Attempt, i.Pause = Working, attempt, 0
	i.Tries++
	return i
}

// maxTries is how often a failure that may pass by itself is tried before applications are told.
const maxTries = 6

// Outcome is what an agent saw of an attempt.
type Outcome struct {
	Ready  bool
	Reason string // of a failure
	Fact   clocker.ImageFact
}

// Take is the image after an outcome of its present attempt on its host. An outcome of another attempt, or of an image
// that is settled, is refused with words.
func (i Image) Take(o Outcome, host string) (Image, error) {
	switch {
	case o.Fact.Attempt != i.Attempt:
		return i, fmt.Errorf("attempt %d of image %s is over, it is at %d", o.Fact.Attempt, i.Key, i.Attempt)
	case i.Host != host:
		return i, fmt.Errorf("image %s is not worked on by host %s", i.Key, host)
	case i.State != Working || i.Pause > 0:
		return i, fmt.Errorf("attempt %d of image %s is settled", i.Attempt, i.Key)
	case o.Ready && o.Fact.Image == "":
		return i, fmt.Errorf("image %s is said to be ready and has no id", i.Key)
	case o.Ready:
		i.State, i.ID, i.Size, i.Reason, i.Tail = Ready, o.Fact.Image, o.Fact.Size, "", nil
		i.Reference = pullName(i.Source, o.Fact.Digest)
		return i, nil
	}
	i.Reason, i.Tail = o.Reason, o.Fact.Tail
	if o.Fact.Retry && i.Tries < maxTries {
		i.Pause = pause(i.Tries)
		return i, nil
	}
	i.State = Failed
	return i, nil
}

// pause is the time before the next try after a number of them: 1, 2, 4 … 60 s.
func pause(tries int) time.Duration { return min(time.Second<<min(tries-1, 6), time.Minute) }

// pullName is what to pull an image by on another host: by digest where one is known, so that it is the same image. A
// built image can be pulled from nowhere.
func pullName(s clocker.ImageSource, digest string) string {
	if s.Builds() || digest == "" {
		return s.Reference
	}
	name, _, _ := strings.Cut(s.Reference, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return name + "@" + digest
}

// Job is the image as its host is asked for it. A done one is kept in the list so that the agent keeps the image.
func (i Image) Job(revision int64) clocker.ImageJob {
	j := clocker.ImageJob{Key: i.Key, Source: i.Source, Attempt: i.Attempt, Revision: revision}
	if i.Source.Builds() {
		j.Tag = i.Source.Tag()
	}
	// Between tries there is nothing to do either.
	if j.Done = i.State != Working || i.Pause > 0; j.Done {
		j.Source = clocker.ImageSource{Reference: i.Source.Reference}
	}
	return j
}

// Host is one that may work on images.
type Host struct {
	Name  string
	Cloud string
	Ready bool
}

// Choose gives the host that an image of a cloud is worked on: the one that had it if it is ready, else the first that
// is. It is empty when none is.
func Choose(hosts []Host, cloud, before string) string {
	best := ""
	for _, h := range hosts {
		switch {
		case !h.Ready || h.Cloud != cloud:
		case h.Name == before:
			return before
		case best == "" || h.Name < best:
			best = h.Name
		}
	}
	return best
}
