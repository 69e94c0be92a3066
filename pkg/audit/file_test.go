package audit

import (
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"
)

// export writes records as an installation does.
func export(t *testing.T, list []events.Record, before []byte) string {
	t.Helper()
	var b strings.Builder
	put := func(text []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	put(HeaderLine(Header{Installation: "home", First: list[0].Number, Hash: hex.EncodeToString(before)}))
	for _, r := range list {
		put(RecordLine(r))
	}
	last := list[len(list)-1]
	put(TrailerLine(Trailer{Last: last.Number, Hash: hex.EncodeToString(last.Hash)}))
	return b.String()
}

func read(text string) (list []events.Record, f *File, err error) {
	if f, err = Open(strings.NewReader(text)); err != nil {
		return nil, nil, err
	}
	for {
		r, err := f.Next()
		if errors.Is(err, io.EOF) {
			return list, f, nil
		}
		if err != nil {
			return list, f, err
		}
		list = append(list, r)
	}
}

func TestAnExportIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	l := log(6)
	// What is hashed is kept byte for byte, whatever it is.
	for i, data := range []string{`{"a": 1}`, `not JSON`, "\xff\x00", `"<b>"`, `{"big":12345678901234567890}`, ``} {
		l[i].Data, l[i].Time = []byte(data), time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC)
		prev := events.Genesis()
		if i > 0 {
			prev = l[i-1].Hash
		}
		l[i].Hash = events.Link(prev, l[i])
	}
	for from := range l {
		before := events.Genesis()
		if from > 0 {
			before = l[from-1].Hash
		}
		got, f, err := read(export(t, l[from:], before))
		if err != nil {
			t.Fatal(err)
		}
		if f.Last() != 6 || f.Count() != int64(6-from) || f.Header.Installation != "home" || f.Header.First != int64(from+1) {
			t.Errorf("from %d: %+v up to %d", from+1, f.Header, f.Last())
		}
		for i, r := range got {
			if w := l[from+i]; string(r.Data) != string(w.Data) || !r.Time.Equal(w.Time) || !slices.Equal(r.Hash, w.Hash) {
				t.Errorf("event %d is %+v, was %+v", r.Number, r, w)
			}
		}
	}
}

func TestAnExportThatWasTamperedWithIsFoundOut(t *testing.T) {
	t.Parallel()
	l := log(10)
	good := export(t, l, events.Genesis())
	lines := strings.SplitAfter(good, "\n")
	lines = lines[:len(lines)-1]
	without := func(i int) string { return strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "") }
	tests := []struct{ name, text, want string }{
		{"empty", "", "no export"},
		{"something else", "hello\n", "no export"},
		{"another version", strings.Replace(good, Format, "clocker-events/9", 1), "no header of format"},
		{"an event edited", strings.Replace(good, `"n":1`, `"n":2`, 1), "event 1: its hash does not follow"},
		{"an event removed", without(5), "event 5: it is missing"},
		{"the last event removed", without(10), "event 10: it is missing; the log ends at 9"},
		{"the trailer removed", without(11), "breaks off after event 10"},
		{"cut within a line", good[:len(good)/2], "after event"},
		{"another start", strings.Replace(good, `"hash":"00`, `"hash":"01`, 1), "event 1: its hash does not follow"},
		{"something added", good + lines[3], "something follows"},
		{"no event", strings.Replace(good, lines[4], "{}\n", 1), "a line is no event"},
	}
	for _, tt := range tests {
		if _, _, err := read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, _, err := read(good); err != nil {
		t.Error(err)
	}
}
