package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/tail"
	"clocker.io/services/api/internal/view"
)

// longestLine is how much of a line is held until its end comes.
const longestLine = 256 << 10

// assembler puts the pieces that a container printed together to lines.
type assembler struct {
	container view.Container
	send      func([]tail.Line) error
	lines     []tail.Line // to be sent
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
	for piece := range chunk.All() {
		if err := l.piece(piece); err != nil {
			return err
		}
	}
	return l.pass()
}

func (l *assembler) piece(chunk clocker.LogsChunk) error {
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
	l.give(stream)
	return nil
}

// flush gives what has no end of line.
func (l *assembler) flush() {
	for stream := range l.open {
		if len(l.open[stream].text) > 0 {
			l.give(stream)
		}
	}
	_ = l.pass() // whoever reads is gone
}

func (l *assembler) give(stream int) {
	open := &l.open[stream]
	name := [...]string{"stdout", "stderr"}[stream]
	at, text := open.at, string(bytes.TrimSuffix(open.text, []byte("\n")))
	open.text = open.text[:0]
	l.lines = append(l.lines, tail.Line{Time: at, Data: MergedLine{Container: l.container.Container, Generation: l.container.Generation,
		Time: &at, Stream: name, Data: text}})
}

// pass sends the lines that there are.
func (l *assembler) pass() error {
	if len(l.lines) == 0 {
		return nil
	}
	lines := l.lines
	l.lines = nil
	return l.send(lines)
}
