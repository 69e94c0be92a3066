package audit

import (
	"bytes"
	"fmt"

	"clocker.io/pkg/events"
)

// Break is the first place where the log is not what was written. Number is that of the event that is missing, out of
// its place or altered.
type Break struct {
	Number int64
	Reason string
}

func (b *Break) Error() string { return fmt.Sprintf("event %d: %s", b.Number, b.Reason) }

// Chain walks a log. It is not safe for concurrent use.
type Chain struct {
	start  int64
	number int64
	hash   []byte
}

// From is a chain before the record that follows number: the last one that was pruned, with its hash, or 0 and
// events.Genesis.
func From(number int64, hash []byte) *Chain { return &Chain{start: number, number: number, hash: hash} }

// Last is the number of the last record that was right, or where the chain starts.
func (c *Chain) Last() int64 { return c.number }

// Hash is that of record Last.
func (c *Chain) Hash() []byte { return c.hash }

// Count is how many records were right so far.
func (c *Chain) Count() int64 { return c.number - c.start }

// Next takes the record that follows, or returns a *Break.
func (c *Chain) Next(r events.Record) error {
	want := c.number + 1
	switch {
	case r.Number > want:
		return &Break{Number: want, Reason: fmt.Sprintf("it is missing; %d follows %d", r.Number, c.number)}
	case r.Number < want:
		return &Break{Number: r.Number, Reason: fmt.Sprintf("it follows %d", c.number)}
	case !bytes.Equal(events.Link(c.hash, r), r.Hash):
		return &Break{Number: want, Reason: "its hash does not follow from what it says and the hash before it"}
	}
	c.number, c.hash = r.Number, r.Hash
	return nil
}

// End compares the end of the log with its head, or returns a *Break.
func (c *Chain) End(number int64, hash []byte) error {
	switch {
	case number > c.number:
		return &Break{Number: c.number + 1, Reason: fmt.Sprintf("it is missing; the log ends at %d, but %d events were numbered", c.number, number)}
	case number < c.number:
		return &Break{Number: number + 1, Reason: fmt.Sprintf("it was never numbered; the head of the log is %d", number)}
	case !bytes.Equal(hash, c.hash):
		return &Break{Number: max(number, 1), Reason: "the head of the log has another hash"}
	}
	return nil
}
