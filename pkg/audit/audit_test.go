package audit

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"

	"pgregory.net/rapid"
)

func log(n int) []events.Record {
	prev := events.Genesis()
	list := make([]events.Record, n)
	for i := range list {
		list[i] = events.Record{Number: int64(i + 1), ID: "id", Topic: "container.placed", Source: "scheduler",
			Subject: "s", Application: "shop", Time: time.UnixMicro(int64(i)), Cause: int64(i), Data: []byte(`{"n":1}`)}
		list[i].Hash = events.Link(prev, list[i])
		prev = list[i].Hash
	}
	return list
}

func verify(list []events.Record, number int64, hash []byte) error {
	c := From(0, events.Genesis())
	for _, r := range list {
		if err := c.Next(r); err != nil {
			return err
		}
	}
	return c.End(number, hash)
}

func TestABreakIsNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		alter  func([]events.Record) []events.Record
		number int64
		reason string
	}{
		{"untouched", func(l []events.Record) []events.Record { return l }, 0, ""},
		{"edited", func(l []events.Record) []events.Record { l[4].Data = []byte(`{"n":2}`); return l }, 5, "hash"},
		{"host edited", func(l []events.Record) []events.Record { l[4].Host = "h"; return l }, 5, "hash"},
		{"hash edited", func(l []events.Record) []events.Record { l[4].Hash = events.Genesis(); return l }, 5, "hash"},
		{"removed", func(l []events.Record) []events.Record { return slices.Delete(l, 4, 5) }, 5, "missing; 6 follows 4"},
		{"first removed", func(l []events.Record) []events.Record { return l[1:] }, 1, "missing; 2 follows 0"},
		{"swapped", func(l []events.Record) []events.Record {
			l[4], l[6] = l[6], l[4]
			l[4].Number, l[6].Number = 5, 7
			return l
		}, 5, "hash"},
		{"tail cut", func(l []events.Record) []events.Record { return l[:8] }, 9, "ends at 8, but 10"},
		{"twice", func(l []events.Record) []events.Record { return slices.Insert(l, 5, l[4]) }, 5, "follows 5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			good := log(10)
			err := verify(tt.alter(log(10)), 10, good[9].Hash)
			var b *Break
			if errors.As(err, &b) != (tt.number > 0) {
				t.Fatal(err)
			}
			if b != nil && (b.Number != tt.number || !strings.Contains(b.Reason, tt.reason)) {
				t.Error(b)
			}
		})
	}
}

func TestAHeadThatDoesNotMatchIsABreak(t *testing.T) {
	t.Parallel()
	l := log(3)
	for name, err := range map[string]error{
		"hash":   verify(l, 3, l[1].Hash),
		"number": verify(l, 2, l[1].Hash),
		"empty":  verify(nil, 1, l[0].Hash),
	} {
		if err == nil {
			t.Error(name)
		}
	}
	if err := verify(nil, 0, events.Genesis()); err != nil {
		t.Error(err)
	}
}

func TestAnyRemovedRecordIsNamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		gone := rapid.IntRange(0, n-1).Draw(t, "gone")
		l := log(n)
		last := l[n-1].Hash
		var b *Break
		if err := verify(slices.Delete(l, gone, gone+1), int64(n), last); !errors.As(err, &b) || b.Number != int64(gone+1) {
			t.Fatal(err)
		}
	})
}

func TestAPrunedLogIsCheckedFromWhatWasKeptOfIt(t *testing.T) {
	t.Parallel()
	l := log(10)
	walk := func(from int64, hash []byte) error {
		c := From(from, hash)
		for _, r := range l[4:] {
			if err := c.Next(r); err != nil {
				return err
			}
		}
		if c.Count() != 6 || c.Last() != 10 {
			t.Errorf("%d records, up to %d", c.Count(), c.Last())
		}
		return c.End(10, l[9].Hash)
	}
	if err := walk(4, l[3].Hash); err != nil {
		t.Error(err)
	}
	var b *Break
	if err := walk(4, l[2].Hash); !errors.As(err, &b) || b.Number != 5 {
		t.Errorf("another hash was kept: %v", err)
	}
	if err := walk(3, l[2].Hash); !errors.As(err, &b) || b.Number != 4 {
		t.Errorf("more was removed than is said: %v", err)
	}
}
