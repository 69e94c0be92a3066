package memory

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"clocker.io/services/agent/internal/desired"
	"clocker.io/services/agent/internal/disk"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// Job is what the agent remembers of an image job.
type Job struct {
	Building bool          `json:"building,omitempty"` // a build was begun and its outcome not reported
	Outcome  *clocker.Fact `json:"outcome,omitempty"`  // as last reported
	Epoch    int64         `json:"epoch,omitempty"`    // in which it was reported
}

// head is what a file knows beside its entries.
type head struct {
	Epoch    int64  `json:"epoch"`
	Revision int64  `json:"revision,omitempty"`
	Engine   string `json:"engine,omitempty"` // id of the Engine that registered
}

// item is one line of a file: its head, under the empty-named key, or an entry.
type item[V any] struct {
	Head  *head `json:"head,omitempty"`
	Entry *V    `json:"entry,omitempty"`
}

const headKey = "-"

// Memory is safe for concurrent use.
type Memory struct {
	host string
	dir  string

	mu       sync.Mutex
	epoch    int64
	engine   string
	run      desired.Run
	images   desired.Images
	networks desired.Networks

	hostLog    *disk.Log[head]
	runLog     *disk.Log[item[clocker.Assignment]]
	imageLog   *disk.Log[item[clocker.ImageJob]]
	networkLog *disk.Log[desired.Network]
	ledgers    *disk.Log[plan.Ledger]
	jobs       *disk.Log[Job]
}

// New makes the memory of the agent of host, kept in dir. Nothing is read before Load.
func New(dir, host string) *Memory { return &Memory{host: host, dir: dir} }

// Load reads what was kept. Call it once, before anything else.
func (m *Memory) Load() error {
	dir := m.dir
	var errs [6]error
	m.hostLog, errs[0] = disk.Open[head](filepath.Join(dir, "host.json"))
	m.runLog, errs[1] = disk.Open[item[clocker.Assignment]](filepath.Join(dir, "run.json"))
	m.imageLog, errs[2] = disk.Open[item[clocker.ImageJob]](filepath.Join(dir, "images.json"))
	m.networkLog, errs[3] = disk.Open[desired.Network](filepath.Join(dir, "networks.json"))
	m.ledgers, errs[4] = disk.Open[plan.Ledger](filepath.Join(dir, "ledgers.json"))
	m.jobs, errs[5] = disk.Open[Job](filepath.Join(dir, "jobs.json"))
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("read the agent's memory: %w", err)
	}
	h, _ := m.hostLog.Get(headKey)
	m.epoch, m.engine = h.Epoch, h.Engine
	runHead, assignments := load(m.runLog)
	m.run = desired.Run{Epoch: runHead.Epoch, Revision: runHead.Revision, Assignments: assignments}
	imageHead, jobs := load(m.imageLog)
	m.images = desired.Images{Epoch: imageHead.Epoch, Revision: imageHead.Revision, Jobs: jobs}
	m.networks = m.networkLog.All()
	return nil
}

func load[V any](log *disk.Log[item[V]]) (head, map[string]V) {
	var h head
	entries := map[string]V{}
	for k, i := range log.All() {
		switch {
		case i.Head != nil:
			h = *i.Head
		case i.Entry != nil:
			entries[k] = *i.Entry
		}
	}
	return h, entries
}

// save writes the entries that changed, and the head, as one change.
func save[V any](log *disk.Log[item[V]], h head, after map[string]V, changed []string) error {
	put := map[string]item[V]{headKey: {Head: &h}}
	var drop []string
	for _, k := range changed {
		if v, ok := after[k]; ok {
			put[k] = item[V]{Entry: &v}
		} else {
			drop = append(drop, k)
		}
	}
	return log.Write(put, drop...)
}

func missing[V any](before, after map[string]V) []string {
	var drop []string
	for k := range before {
		if _, ok := after[k]; !ok {
			drop = append(drop, k)
		}
	}
	return drop
}

// Close closes the files.
func (m *Memory) Close() error {
	return errors.Join(m.hostLog.Close(), m.runLog.Close(), m.imageLog.Close(), m.networkLog.Close(), m.ledgers.Close(), m.jobs.Close())
}

// Epoch is the one of the last registration; 0 before the first.
func (m *Memory) Epoch() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch
}

// Engine is the id of the Engine that registered last; empty before the first time.
func (m *Memory) Engine() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.engine
}

// SetEpoch keeps the epoch of a registration, and the id of the Engine that it was for.
func (m *Memory) SetEpoch(epoch int64, engine string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch, m.engine = epoch, engine
	return m.hostLog.Write(map[string]head{headKey: {Epoch: epoch, Engine: engine}})
}

// Run is what should run here.
func (m *Memory) Run() desired.Run {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run
}

// Images is which images were asked for here.
func (m *Memory) Images() desired.Images {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.images
}

// Networks is which networks this host needs.
func (m *Memory) Networks() desired.Networks {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.networks
}

// TakeRun applies a delta or complete snapshot. The error is of the disk only: the outcome counts all the same.
func (m *Memory) TakeRun(w clocker.RunWant) (desired.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, out := m.run.Apply(w, m.host, m.epoch)
	if !out.Taken {
		return out, nil
	}
	m.run = next
	return out, save(m.runLog, head{Epoch: next.Epoch, Revision: next.Revision}, next.Assignments, out.Changed)
}

// TakeImages applies a delta or complete list. The error is of the disk only: the outcome counts all the same.
func (m *Memory) TakeImages(w clocker.ImageWant) (desired.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, out := m.images.Apply(w, m.host, m.epoch)
	if !out.Taken {
		return out, nil
	}
	before := m.images
	m.images = next
	return out, save(m.imageLog, head{Epoch: next.Epoch, Revision: next.Revision}, next.Jobs,
		append(missing(before.Jobs, next.Jobs), out.Changed...))
}

// TakeNetwork applies an update of one network. The error is of the disk only: the outcome counts all the same.
func (m *Memory) TakeNetwork(u clocker.NetworkUpdate) (desired.NetworkOutcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, out := m.networks.Apply(u)
	return out, m.keepNetworks(next, out)
}

// TakeNetworks applies a complete snapshot that was asked for when asked was known.
func (m *Memory) TakeNetworks(s clocker.NetworkSnapshot, asked desired.Networks) (desired.NetworkOutcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, out := m.networks.Replace(s, m.host, asked)
	return out, m.keepNetworks(next, out)
}

func (m *Memory) keepNetworks(next desired.Networks, out desired.NetworkOutcome) error {
	if !out.Taken {
		return nil
	}
	before := m.networks
	m.networks = next
	put := map[string]desired.Network{}
	for _, id := range out.Changed {
		if n, ok := next[id]; ok {
			put[id] = n
		}
	}
	return m.networkLog.Write(put, missing(before, next)...)
}

// Ledger is what is remembered of a generation.
func (m *Memory) Ledger(id string) plan.Ledger {
	l, _ := m.ledgers.Get(id)
	return l
}

// Ledgers lists the generations that something is remembered of.
func (m *Memory) Ledgers() map[string]plan.Ledger { return m.ledgers.All() }

// Remember keeps the ledger of a generation.
func (m *Memory) Remember(id string, l plan.Ledger) error {
	return m.ledgers.Write(map[string]plan.Ledger{id: l})
}

// Forget drops the ledger of a generation.
func (m *Memory) Forget(id string) error { return m.ledgers.Write(nil, id) }

// Job is what is remembered of an image job.
func (m *Memory) Job(key string) Job {
	j, _ := m.jobs.Get(key)
	return j
}

// RememberJob keeps what is known of an image job.
func (m *Memory) RememberJob(key string, j Job) error {
	return m.jobs.Write(map[string]Job{key: j})
}

// ForgetJobs drops what is remembered of jobs that are no longer asked for.
func (m *Memory) ForgetJobs() error {
	return m.jobs.Write(nil, missing(m.jobs.All(), toJobs(m.Images()))...)
}

func toJobs(i desired.Images) map[string]Job {
	jobs := map[string]Job{}
	for k := range i.Jobs {
		jobs[k] = Job{}
	}
	return jobs
}
