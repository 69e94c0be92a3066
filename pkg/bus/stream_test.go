package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// Many records are one batch where a server syncs each, and go one after the other elsewhere: the stream is the same, and
// so is what becomes of a publisher that is not at its end.
func TestManyRecordsArePublishedAloneOrTogether(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		dear bool
	}{{"alone", false}, {"together", true}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := bustest.Server(t)
			conn := bustest.As(t, server, "policy")
			stream, ctx := conn.Stream(), patiently(t)
			if err := stream.Recreate(ctx, 1, 1); err != nil {
				t.Fatal(err)
			}
			var records []events.Record
			for n := range int64(700) {
				records = append(records, record(t, n+1))
			}
			stream.Dear(tc.dear)
			publishes(ctx, t, stream, records[:600], "")
			if batched := batchOf(t, server, 300) != ""; batched != tc.dear {
				t.Errorf("stored as a batch: %v, want %v", batched, tc.dear)
			}
			publishes(ctx, t, stream, records[:600], "10071") // again
			publishes(ctx, t, stream, records[650:], "10071") // with a gap
			publishes(ctx, t, stream, records[600:], "")
			read, err := stream.Read(ctx, 1, 1000)
			if err != nil || len(read) != len(records) {
				t.Fatalf("the stream holds %d records, %v; want %d", len(read), err, len(records))
			}
			for i, r := range read {
				if r.Number != records[i].Number || r.ID != records[i].ID || string(r.Data) != string(records[i].Data) {
					t.Fatalf("record %d is %+v", i, r)
				}
			}
		})
	}
}

// What a record takes is measured by the first ones of many, and all of them are published.
func TestTheFirstOfManyRecordsSayHowTheRestIsPublished(t *testing.T) {
	t.Parallel()
	stream, ctx := bustest.Connect(t).Stream(), patiently(t)
	if err := stream.Recreate(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	var records []events.Record
	for n := range int64(200) {
		records = append(records, record(t, n+1))
	}
	publishes(ctx, t, stream, records, "")
	if state, err := stream.Open(ctx); err != nil || !state.Whole || state.Last != 200 {
		t.Errorf("the stream: %+v, %v", state, err)
	}
}

// The server still removes what the stream before it left while the next is made.
func TestAStreamIsMadeAnewAgainAndAgain(t *testing.T) {
	t.Parallel()
	stream, ctx := bustest.Connect(t).Stream(), patiently(t)
	for generation := range int64(100) {
		if err := stream.Recreate(ctx, generation+1, 1); err != nil {
			t.Fatalf("generation %d: %v", generation+1, err)
		}
	}
}

// patiently gives a server as long for an answer as a slow machine may take, and no more than ends what hangs.
func patiently(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func publishes(ctx context.Context, t *testing.T, s *bus.Stream, records []events.Record, refusal string) {
	t.Helper()
	err := s.Publish(ctx, records)
	if refusal == "" && err != nil {
		t.Fatalf("%d records from %d: %v", len(records), records[0].Number, err)
	}
	if refusal != "" && (err == nil || !strings.Contains(err.Error(), refusal)) {
		t.Errorf("%d records from %d: %v, want the refusal %s", len(records), records[0].Number, err, refusal)
	}
}

// batchOf is the batch that a record was stored in; empty when in none.
func batchOf(t *testing.T, server *bustest.NATS, number uint64) string {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(server), nats.Timeout(2*time.Minute), nats.UserCredentials(server.Credentials(t, "test-everything")))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := nc.JetStream(nats.MaxWait(2 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	m, err := js.GetMsg(events.Stream, number)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Nats-Batch-Id")
}
