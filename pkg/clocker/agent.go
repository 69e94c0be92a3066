package clocker

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Want is the envelope on clocker.want.<host>. Exactly one field is set. Host asks the agent to register again.
type Want struct {
	Run   *RunWant   `json:"run,omitempty"`
	Image *ImageWant `json:"image,omitempty"`
	Host  *HostWant  `json:"host,omitempty"`
}

// HostWant tells an agent that its host is wanted now: register.
type HostWant struct {
	Reason string `json:"reason"`
}

// AskKind says what an agent (or dns) asks on clocker.ask.<host>, and so who answers.
type AskKind string

// The kinds of Ask.
const (
	AskRegister AskKind = "register" // provisioner: Registered
	AskRun      AskKind = "run"      // policy: RunWant, a page of the complete one
	AskImages   AskKind = "images"   // imagebuilder: ImageWant, a page of the complete one
	AskContext  AskKind = "context"  // imagebuilder: ContextChunk
	AskNetworks AskKind = "networks" // ipam: NetworkSnapshot, a page of the complete one
	AskOwners   AskKind = "owners"   // policy: OwnersGone
)

// Ask is a request on clocker.ask.<host>. An owner that cannot answer says why with an error; silence or an error is
// never an order.
type Ask struct {
	Kind     AskKind       `json:"kind"`
	Host     string        `json:"host"`
	Epoch    int64         `json:"epoch"`
	Register *Registration `json:"register,omitempty"`
	Context  *ContextRange `json:"context,omitempty"`
	// Page is which page of a snapshot is asked for. Who sends none knows of no pages: it is answered with the whole
	// snapshot in one, or told that it does not fit.
	Page   *Page    `json:"page,omitempty"`
	Owners []string `json:"owners,omitempty"` // container identities, uid/entity/ordinal, at most OwnersMost
}

// OwnersMost is how many identities one question may name.
const OwnersMost = 1000

// OwnersGone names the identities, of those asked about, that no container has any more: their volumes are removed.
type OwnersGone struct {
	Gone []string `json:"gone"`
}

// Page is where a page of a snapshot begins; the zero one is the first. Assignments come in the order of their revisions,
// jobs in that of their revisions and keys, networks in that of their ids, and the endpoints of one by revision: what
// changes while pages are asked for comes again, in a later one.
type Page struct {
	After int64  `json:"after,omitempty"` // the revision that it comes after
	Key   string `json:"key,omitempty"`   // of jobs with that revision, the one that it comes after; the network
}

// TooOld refuses a question without a page that has more than one: who asked would take the first for all there is.
func (a Ask) TooOld() error {
	return &Error{Code: Invalid,
		Message: fmt.Sprintf("the %s of host %s do not fit into one answer, and what asks there knows of no more: upgrade it", a.Kind, a.Host)}
}

// Registration is what an agent says of its host.
type Registration struct {
	Token    string   `json:"token"` // join token of the host
	Address  string   `json:"address"`
	Capacity Capacity `json:"capacity"`
	Engine   Engine   `json:"engine"`
}

// Registered answers AskRegister. With Wait the host is not wanted yet: the agent asks again when told by a HostWant,
// or after some seconds.
type Registered struct {
	Wait   bool   `json:"wait,omitempty"`
	Reason string `json:"reason,omitempty"`
	Epoch  int64  `json:"epoch"`
	Cloud  string `json:"cloud"`
}

// ContextRange asks for a part of a build context: bytes from Offset, at most 512 KiB an answer.
type ContextRange struct {
	Digest string `json:"digest"`
	Offset int64  `json:"offset"`
}

// ContextChunk is a part of a build context; Total is its whole size in bytes.
type ContextChunk struct {
	Data  []byte `json:"data"`
	Total int64  `json:"total"`
}

// FactKind says what an agent saw.
type FactKind string

// The facts of an agent. Container facts go to policy, image facts to imagebuilder, host facts to provisioner.
const (
	FactStarted   FactKind = "container.started"
	FactHealthy   FactKind = "container.healthy"
	FactUnhealthy FactKind = "container.unhealthy"
	FactRestarted FactKind = "container.restarted"
	FactRefused   FactKind = "container.refused" // it could not be made or started; the agent tries again
	FactFailed    FactKind = "container.failed"
	FactFinished  FactKind = "container.finished" // ended, and its restart policy leaves it at that
	FactRemoved   FactKind = "container.removed"
	FactOrphan    FactKind = "container.orphan" // a thing of ours that no row owns was removed

	FactImageReady  FactKind = "image.ready"
	FactImageFailed FactKind = "image.failed"

	FactReconciled FactKind = "host.reconciled" // the snapshot of this epoch is applied: the host may become ready
)

// Noun is the owner's word: container, image or host.
func (k FactKind) Noun() string {
	for i := range len(k) {
		if k[i] == '.' {
			return string(k[:i])
		}
	}
	return string(k)
}

// Fact is one thing an agent saw. It stays on the agent's disk until its owner has answered after commit; (host, epoch,
// counter) is its identity.
type Fact struct {
	Counter   int64      `json:"counter"`
	Kind      FactKind   `json:"kind"`
	Container *Container `json:"container,omitempty"`
	Attempt   int        `json:"attempt,omitempty"`  // restarts in place so far; 0 for the first start
	Next      time.Time  `json:"next,omitzero"`      // when a refused attempt is followed by the next one
	EngineID  string     `json:"engineId,omitempty"` // the Engine's container id
	ExitCode  int        `json:"exitCode,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Held      []HostPort `json:"held,omitempty"` // host ports that were seen in the hands of other programs
	Image     *ImageFact `json:"image,omitempty"`
	Orphan    *Orphan    `json:"orphan,omitempty"`
	Trace     string     `json:"trace,omitempty"` // W3C traceparent of what led to it
}

// Bound cuts what an agent says to a length that fits every event, bytes; text that is cut ends in an ellipsis. What is no
// host port is left out of those.
func (f *Fact) Bound() {
	f.Reason = bound(f.Reason)
	f.Held = slices.DeleteFunc(f.Held, func(p HostPort) bool { return !p.valid() })
	f.Held = f.Held[:min(len(f.Held), heldMost)]
	if f.Orphan != nil {
		f.Orphan.Name = bound(f.Orphan.Name)
	}
	if f.Image != nil {
		for i := range f.Image.Tail {
			f.Image.Tail[i] = bound(f.Image.Tail[i])
		}
	}
}

const (
	reasonBytes = 2048
	heldMost    = 512 // ports
)

func bound(s string) string {
	if len(s) <= reasonBytes {
		return s
	}
	return strings.ToValidUTF8(s[:reasonBytes], "") + "…"
}

// ImageFact is the outcome of an ImageJob.
type ImageFact struct {
	Key     string   `json:"key"`
	Attempt int      `json:"attempt"`
	Image   string   `json:"image,omitempty"`  // image id, sha256:...
	Digest  string   `json:"digest,omitempty"` // repository digest when the Engine knows one
	Size    int64    `json:"size,omitempty"`   // bytes
	New     bool     `json:"new,omitempty"`    // built just now rather than found
	Tail    []string `json:"tail,omitempty"`   // last lines of a failed build
	// Retry says that the failure may pass by itself (a registry out of reach) rather than being the input's fault.
	Retry bool `json:"retry,omitempty"`
}

// Orphan is a thing with our label that no row owned.
type Orphan struct {
	Kind string `json:"kind"` // container, network, volume, image
	Name string `json:"name"`
}

// FactBatch is a request on clocker.fact.<host>: facts of one noun, in order.
type FactBatch struct {
	Host  string `json:"host"`
	Epoch int64  `json:"epoch"`
	Noun  string `json:"noun"`
	Facts []Fact `json:"facts"`
}

// FactReply says that every fact of the batch is settled: stored, or refused for good with a reason (old epoch, old
// generation, not assigned here).
type FactReply struct {
	Refused map[int64]string `json:"refused,omitempty"` // by counter
}

// Beat is a heartbeat on clocker.beat.<host>, every second. Revisions let the owners see that a push was missed.
type Beat struct {
	Host          string `json:"host"`
	Epoch         int64  `json:"epoch"`
	RunRevision   int64  `json:"runRevision"`
	ImageRevision int64  `json:"imageRevision"`
	Running       int    `json:"running"`
	EngineDown    bool   `json:"engineDown,omitempty"`
	Digest        string `json:"digest"` // of the (container, generation) pairs that run
}

// LogsRequest asks, on clocker.do.<host>.logs, for a container's output, streamed as LogsChunks.
type LogsRequest struct {
	Container Container `json:"container"`
	Follow    bool      `json:"follow"`
	Tail      int       `json:"tail"`            // lines; 0 is all
	Since     int64     `json:"since,omitempty"` // Unix seconds; 0 is from the start
	Nanos     int64     `json:"nanos,omitempty"` // of Since, below a second
	Times     bool      `json:"times,omitempty"` // each chunk is what was printed at one time, which it carries
	Many      bool      `json:"many,omitempty"`  // an answer may carry More
}

// LogsChunk is a part of a container's output.
type LogsChunk struct {
	Stream string      `json:"stream"` // stdout, stderr
	Data   []byte      `json:"data"`
	Time   string      `json:"time,omitempty"` // RFC 3339
	More   []LogsChunk `json:"more,omitempty"` // what came after it, while others were under way
}

// All is a chunk and those that came after it, one by one.
func (c LogsChunk) All() iter.Seq[LogsChunk] {
	return func(yield func(LogsChunk) bool) {
		more := c.More
		c.More = nil
		if !yield(c) {
			return
		}
		for _, next := range more {
			if !yield(next) {
				return
			}
		}
	}
}
