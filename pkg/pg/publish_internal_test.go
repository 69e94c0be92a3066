package pg

import (
	"testing"

	"clocker.io/pkg/events"
)

// A publisher that is behind goes on with what was handed to it; without a database, reading the log would fail here.
func TestAPublisherThatIsBehindTakesWhatWasJustNumbered(t *testing.T) {
	t.Parallel()
	batch := func(first, last int64) (records []events.Record) {
		for n := first; n <= last; n++ {
			records = append(records, events.Record{Number: n})
		}
		return records
	}
	fresh := make(chan []events.Record, 3)
	fresh <- batch(1, 10)
	fresh <- batch(11, 20)
	fresh <- batch(21, 30)
	p := &publisher{at: &position{last: 15}} // the first batch, and half of the second, are published
	for _, want := range [][2]int64{{16, 20}, {21, 30}} {
		records, err := p.following(t.Context(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		if first, last := records[0].Number, records[len(records)-1].Number; first != want[0] || last != want[1] {
			t.Fatalf("next are %d to %d, want %d to %d", first, last, want[0], want[1])
		}
		p.at = &position{last: want[1]}
	}
}
