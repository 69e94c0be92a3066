package push

import (
	"encoding/json"
	"fmt"

	"clocker.io/pkg/clocker"
)

// pieceSize is how many bytes of assignments go into one message: far below what NATS takes, so that a few large
// containers never keep a host from hearing of all others.
const pieceSize = 1 << 20

// pieces splits a difference into ones that follow each other, each with at least one assignment and else of at most so
// many bytes. An assignment is whole in one of them: its revision is its own.
func pieces(w clocker.RunWant, size int) ([]clocker.RunWant, error) {
	var out []clocker.RunWant
	from, bytes := 0, 0
	for i, a := range w.Assignments {
		text, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("encode the assignment of %s: %w", a.Key(), err)
		}
		if i > from && bytes+len(text) > size {
			part := w
			part.Assignments, part.Revision = w.Assignments[from:i], w.Assignments[i-1].Revision
			out = append(out, part)
			w.Previous, from, bytes = part.Revision, i, 0
		}
		bytes += len(text)
	}
	w.Assignments = w.Assignments[from:]
	return append(out, w), nil
}
