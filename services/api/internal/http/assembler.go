package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

// longestLine is how much of a line is held until its end comes.
const longestLine = 256 << 10

// assembler puts the pieces that a container printed together to lines.
type assembler struct {
	container view.Container
	send      func(at time.Time, l MergedLine) error
	last      time.Time   // of the latest piece: a line has the time of its first, and two streams are not in order
	open      [2]struct { // lines that have not ended: of output, of errors
		at   time.Time
		text []byte
	}
}

func (l *assembler) take(data []byte) error {
	var chunk clocker.LogsChunk
	if err := json.Unmarshal(data, &chunk); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, chunk.Time)
	if err != nil {
		return fmt.Errorf("read when a line was printed: %w", err)
	}
	if at.After(l.last) {
		l.last = at.UTC()
	}
	stream := 0
	if chunk.Stream == "stderr" {
		stream = 1
	}
	open := &l.open[stream]
	if len(open.text) == 0 {
		open.at = at.UTC()
	}
	open.text = append(open.text, chunk.Data...)
	if !bytes.HasSuffix(open.text, []byte("\n")) && len(open.text) < longestLine {
		return nil
	}
	return l.give(stream)
}

// flush gives what has no end of line.
func (l *assembler) flush() {
	for stream := range l.open {
		if len(l.open[stream].text) > 0 {
			_ = l.give(stream) // whoever reads is gone
		}
	}
}

func (l *assembler) give(stream int) error {
	open := &l.open[stream]
	name := [...]string{"stdout", "stderr"}[stream]
	at, text := open.at, string(bytes.TrimSuffix(open.text, []byte("\n")))
	open.text = nil
	return l.send(at, MergedLine{Container: l.container.Container, Generation: l.container.Generation, Time: &at, Stream: name, Data: text})
}
