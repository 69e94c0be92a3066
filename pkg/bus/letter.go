package bus

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds of what a dead letter keeps, in bytes.
const (
	reasonBytes = 4 << 10
	stackBytes  = 16 << 10
)

// Letter says why a delivery is a dead letter.
type Letter struct {
	Reason   string
	Stack    string // where the handler panicked; empty when it failed in another way
	Attempts int
	Since    time.Time // of the first failure that the process which gave up saw
}

// LetterOf says of a failure why it is one, cut to a length that can be kept.
func LetterOf(err error) Letter {
	return Letter{Reason: bound(err.Error(), reasonBytes), Stack: stackOf(err)}
}

func bound(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Fault is an error of one delivery among those of a transaction.
type Fault struct {
	Number int64
	Topic  string
	Err    error
}

func (f *Fault) Error() string { return fmt.Sprintf("handle %s %d: %v", f.Topic, f.Number, f.Err) }

func (f *Fault) Unwrap() error { return f.Err }

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that trying again will not cure: the delivery goes to the dead letters at once.
func Permanent(err error) error { return permanent{err} }

func isPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// panicked is the error of a handler that panics.
type panicked struct {
	value any
	stack string
}

func (p *panicked) Error() string { return fmt.Sprintf("handler panics: %v", p.value) }

// stackOf is where a handler panicked; empty when err is of another kind.
func stackOf(err error) string {
	var p *panicked
	if errors.As(err, &p) {
		return p.stack
	}
	return ""
}
