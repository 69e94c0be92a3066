package agenttest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"clocker.io/pkg/clocker"
)

// process is what runs for a generation of a container.
type process struct {
	engineID string
	attempt  int
	refused  int   // attempts before its first start
	failed   bool  // given up: it runs no longer
	epoch    int64 // in which it was reported
}

// outcome is what was reported of an image.
type outcome struct {
	attempt int
	epoch   int64
}

// work brings what runs to what is assigned; the caller holds mu. A container starts only while its endpoint names this
// host and generation.
func (a *Agent) work() {
	for c, as := range a.run.entries {
		p := a.running[c]
		switch {
		case as.Desired == clocker.DesiredRemoved:
			delete(a.running, c)
			if a.gone[c] != a.epoch {
				a.gone[c] = a.epoch
				a.state(clocker.Fact{Kind: clocker.FactRemoved, Container: &c})
			}
		case as.Desired == clocker.DesiredStopped && p != nil:
			p.failed = true
		case as.Desired == clocker.DesiredRunning && p == nil && a.open(as):
			p = a.attempts(c)
			a.running[c] = p
			a.starts[c]++
			a.report(c, p)
		case p != nil && p.epoch != a.epoch:
			a.report(c, p) // what was reported in another epoch may have been refused
		}
	}
}

// attempts states the refusals that a container is to meet, and gives the process that starts after them; the caller holds mu.
func (a *Agent) attempts(c clocker.Container) *process {
	p := &process{engineID: engineID(c), refused: a.refusals[c], attempt: a.refusals[c]}
	delete(a.refusals, c)
	for n := range p.refused {
		a.state(clocker.Fact{Kind: clocker.FactRefused, Container: &c, Attempt: n, Reason: "made to be refused", Next: time.Now()})
	}
	return p
}

// report states how a process is doing; the caller holds mu.
func (a *Agent) report(c clocker.Container, p *process) {
	p.epoch = a.epoch
	f := clocker.Fact{Kind: clocker.FactStarted, Container: &c, EngineID: p.engineID, Attempt: p.attempt}
	switch {
	case p.failed:
		f.Kind, f.ExitCode, f.Reason = clocker.FactFailed, 1, "made to fail"
		a.state(f)
		return
	case p.attempt > p.refused:
		f.Kind, f.ExitCode, f.Reason = clocker.FactRestarted, 1, "made to crash"
	}
	a.state(f, clocker.Fact{Kind: clocker.FactHealthy, Container: &c, EngineID: p.engineID, Attempt: p.attempt})
}

// collect removes what a complete snapshot lacks; the caller holds mu.
func (a *Agent) collect() {
	for c := range a.running {
		if _, ok := a.run.entries[c]; !ok {
			delete(a.running, c)
			a.state(clocker.Fact{Kind: clocker.FactOrphan, Orphan: &clocker.Orphan{Kind: "container", Name: c.EngineName()}})
		}
	}
	for c := range a.gone {
		if _, ok := a.run.entries[c]; !ok {
			delete(a.gone, c)
		}
	}
}

func (a *Agent) open(as clocker.Assignment) bool {
	e, ok := a.networks[as.Network].endpoints[as.Address]
	return ok && e.Host == a.cfg.Host && e.Container == as.Container
}

// build does image jobs, which costs nothing here; the caller holds mu.
func (a *Agent) build() {
	for key, job := range a.images.entries {
		done := a.built[key]
		if job.Done || done.attempt >= job.Attempt && done.epoch == a.epoch {
			continue
		}
		a.built[key] = outcome{attempt: job.Attempt, epoch: a.epoch}
		a.state(clocker.Fact{Kind: clocker.FactImageReady, Image: &clocker.ImageFact{Key: key, Attempt: job.Attempt,
			Image: "sha256:" + digest(key), Size: 1 << 20, New: done == (outcome{})}})
	}
}

// Refuse has the first attempts to start a container come to nothing: one that is yet to come.
func (a *Agent) Refuse(c clocker.Container, attempts int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refusals[c] = attempts
}

// Crash ends the process of a running container, which is started again in place. It says whether the container ran.
func (a *Agent) Crash(c clocker.Container) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.running[c]
	if p == nil || p.failed {
		return false
	}
	a.state(clocker.Fact{Kind: clocker.FactUnhealthy, Container: &c, EngineID: p.engineID, Attempt: p.attempt, ExitCode: 1,
		Reason: "made to crash"})
	p.attempt++
	a.report(c, p)
	return true
}

// Fail ends the process of a running container for good: its budget is spent. It says whether the container ran.
func (a *Agent) Fail(c clocker.Container) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.running[c]
	if p == nil || p.failed {
		return false
	}
	p.failed = true
	a.report(c, p)
	return true
}

func engineID(c clocker.Container) string { return digest(c.Key().String() + "@" + c.EngineName()) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
