package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streamName is the one stream. Its sequence equals our number because it is created to start there, which
// lets the server itself refuse a gap; nobody but this file relies on it.
const streamName = events.Stream

const metaGeneration = "clocker_generation"

// answerTime bounds a request to JetStream, which takes milliseconds, when ctx has no deadline: one sent into a connection
// that is dead already is not answered at all. Asking again is safe, because the stream itself refuses what it has.
const (
	answerTime = 2 * time.Second
	createTime = 10 * time.Second // for all that making the stream anew takes
)

// The stream is a window on the log in Postgres, not the log: it takes at most streamBytes, and on a small disk what
// there is.
const (
	streamBytes      = 1 << 30
	streamBytesLeast = 4 << 20
)

// CloudEvents attributes in NATS's binary mode.
const (
	headerID       = "ce-id"
	headerSource   = "ce-source"
	headerType     = "ce-type"
	headerSubject  = "ce-subject"
	headerTime     = "ce-time"
	headerSpec     = "ce-specversion"
	headerContent  = "ce-datacontenttype"
	headerSequence = "ce-sequence"
	headerCause    = "ce-cause"
	headerTrace    = "traceparent"

	specVersion = "1.0"
	contentType = "application/json"
)

// Stream is the publishing side of the stream of events, for the sequencer. One goroutine at a time may publish.
type Stream struct {
	conn  *Conn
	wake  chan struct{}
	sub   sync.Once
	dear  bool // the server syncs each record
	probe int  // publications of many records until that is measured again
}

// Stream gives the publisher, which is the user sequencer when there are credentials for it.
func (c *Conn) Stream() *Stream { return &Stream{conn: c.events, wake: make(chan struct{}, 1)} }

// Wake fires when rows wait in the outbox, or the connection came back.
func (s *Stream) Wake() <-chan struct{} {
	s.sub.Do(func() {
		s.conn.OnReconnect(s.poke)
		// A subscription that cannot be had now is no loss: the sequencer polls as well.
		_, _ = s.conn.nc.Subscribe(clocker.SubjectPokeOutbox, func(*nats.Msg) { s.poke() })
	})
	return s.wake
}

func (s *Stream) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Poke tells the sequencer, wherever it runs, that rows wait in the outbox. It is for speed alone and may be lost.
func (c *Conn) Poke() { _ = c.nc.Publish(clocker.SubjectPokeOutbox, nil) }

// Open says what the stream holds. It reads the last message, so that a stream whose end was lost is seen.
func (s *Stream) Open(ctx context.Context) (events.StreamState, error) {
	ctx, cancel := within(ctx, answerTime)
	defer cancel()
	stream, err := s.conn.js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return events.StreamState{}, nil
	}
	if err != nil {
		return events.StreamState{}, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return events.StreamState{}, err
	}
	generation, err := strconv.ParseInt(info.Config.Metadata[metaGeneration], 10, 64)
	if err != nil {
		return events.StreamState{}, nil // not made by us, or not whole
	}
	st := info.State
	state := events.StreamState{Generation: generation, First: int64(st.FirstSeq), Last: int64(st.LastSeq)}
	state.Full = st.Bytes > uint64(info.Config.MaxBytes)/10*9
	state.Whole = st.NumDeleted == 0 && (st.Msgs == 0 || st.Msgs == st.LastSeq-st.FirstSeq+1)
	if st.Msgs > 0 {
		m, err := stream.GetMsg(ctx, st.LastSeq)
		if unanswered(ctx, err) {
			return events.StreamState{}, fmt.Errorf("read the last record: %w", err)
		}
		state.Whole = state.Whole && err == nil && m.Header.Get(headerSequence) == strconv.FormatUint(st.LastSeq, 10)
	}
	return state, nil
}

// unanswered reports whether an error says nothing of the stream, but that no answer came: this process may have stood still.
func unanswered(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || slices.ContainsFunc(
		[]error{nats.ErrTimeout, nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrDisconnected},
		func(lost error) bool { return errors.Is(err, lost) }))
}

// Recreate deletes the stream and makes an empty one whose first record will be number first. Durable consumers go with
// it and are bound again by their services.
func (s *Stream) Recreate(ctx context.Context, generation, first int64) error {
	ctx, cancel := within(ctx, createTime)
	defer cancel()
	size := int64(streamBytes)
	for tries := createTries; ; {
		err := s.remake(ctx, generation, first, size)
		switch {
		case err == nil:
			return nil
		case noRoom(err) && size/4 >= streamBytesLeast:
			size /= 4
		case passing(err) && tries > 1 && reconcile.Pause(ctx, createPause) == nil:
			tries--
		default:
			return err
		}
	}
}

func (s *Stream) remake(ctx context.Context, generation, first, size int64) error {
	if err := s.conn.js.DeleteStream(ctx, streamName); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete stream: %w", err)
	}
	_, err := s.conn.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{events.SubjectRoot + ">"}, Storage: jetstream.FileStorage,
		MaxBytes: size, Discard: jetstream.DiscardOld, FirstSeq: uint64(first), AllowAtomicPublish: true,
		AllowDirect: true, Metadata: map[string]string{metaGeneration: strconv.FormatInt(generation, 10)},
	})
	if err != nil {
		return fmt.Errorf("create stream: %w", err)
	}
	return nil
}

// The server removes the directory of a deleted stream beside its answer, and the one above it with its last entry: a
// stream made in that moment finds no place, may leave its name behind, and is made a moment later.
const (
	noStore, nameTaken  = 10049, 10058
	notEnabled, notHere = 10076, 10039 // while JetStream is started again
	createTries         = 5
	createPause         = 250 * time.Millisecond
)

// passing reports whether an error is one that passes in a moment.
func passing(err error) bool {
	return hasCode(err, noStore, nameTaken, notEnabled, notHere) || errors.Is(err, nats.ErrNoResponders)
}

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// noRoom reports whether the server has less room than a stream asked for.
func noRoom(err error) bool {
	const storage, resources = 10047, 10023
	return hasCode(err, storage, resources)
}

const (
	// batchLeast is how many records are worth an atomic batch where a server syncs each record: it makes a store of its own
	// for each batch, in files, and syncs once.
	batchLeast = 32
	// dearRecord is what a record takes that is synced by itself, at least; without syncing it is a tenth.
	dearRecord = 200 * time.Microsecond
	// probeEvery is after how many publications of many records it is measured again what a record takes.
	probeEvery = 64
)

// Publish appends records, at most 1,000. Each says which one it follows, and the server refuses it unless the stream ends
// there: so what a stale publisher has to say is either refused or what the log says as well, and when a record is lost, so
// are those after it. An error may leave a beginning of them. Where each record is synced, many are one batch, stored all
// or none.
func (s *Stream) Publish(ctx context.Context, records []events.Record) error {
	if len(records) < 2*batchLeast {
		return s.send(ctx, records, false)
	}
	if s.probe--; s.probe <= 0 {
		begin := time.Now()
		if err := s.send(ctx, records[:batchLeast], false); err != nil {
			return err
		}
		s.dear, s.probe = time.Since(begin) > batchLeast*dearRecord, probeEvery
		records = records[batchLeast:]
	}
	return s.send(ctx, records, s.dear)
}

func (s *Stream) send(ctx context.Context, records []events.Record, atomic bool) error {
	ctx, cancel := within(ctx, answerTime)
	defer cancel()
	last := len(records) - 1
	for i, r := range records {
		m := message(r)
		if i == 0 || !atomic {
			m.Header[nats.ExpectedLastSeqHdr] = []string{strconv.FormatInt(r.Number-1, 10)}
		}
		if atomic {
			m.Header["Nats-Batch-Id"] = []string{records[0].ID}
			m.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		}
		if i == last {
			if atomic {
				m.Header["Nats-Batch-Commit"] = []string{"1"}
			}
			return s.commit(ctx, m, r.Number)
		}
		if err := s.conn.nc.PublishMsg(m); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

func (s *Stream) commit(ctx context.Context, m *nats.Msg, number int64) error {
	reply, err := s.conn.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	var ack struct {
		Error *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
		Sequence int64 `json:"seq"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if ack.Error != nil {
		return fmt.Errorf("publish: %s (%d)", ack.Error.Description, ack.Error.Code)
	}
	if ack.Sequence != number {
		return fmt.Errorf("publish: the stream ends at %d, not %d", ack.Sequence, number)
	}
	return nil
}

// message is a record on the wire. It is written out, with one array for all values: this is done for every event.
func message(r events.Record) *nats.Msg {
	values := [...]string{r.ID, events.SourceRoot + r.Source, events.Type(r.Topic), events.About(r), specVersion,
		r.Time.UTC().Format(time.RFC3339Nano), contentType, strconv.FormatInt(r.Number, 10)}
	h := make(nats.Header, len(values)+5) // with room for cause, trace and what makes a batch
	for i, name := range [...]string{headerID, headerSource, headerType, headerSubject, headerSpec, headerTime, headerContent, headerSequence} {
		h[name] = values[i : i+1 : i+1]
	}
	if r.Cause != 0 {
		h[headerCause] = []string{strconv.FormatInt(r.Cause, 10)}
	}
	if r.Trace != "" {
		h[headerTrace] = []string{r.Trace}
	}
	return &nats.Msg{Subject: r.Subject, Header: h, Data: r.Data}
}

// OnEvent has fn called for every event as it is published, until ctx ends: a wake-up for readers of the log. Events
// may be missed while the connection is away.
func (c *Conn) OnEvent(ctx context.Context, fn func(number int64)) error {
	sub, err := c.nc.Subscribe(events.SubjectRoot+">", func(m *nats.Msg) {
		if n, err := strconv.ParseInt(m.Header.Get(headerSequence), 10, 64); err == nil {
			fn(n)
		}
	})
	if err != nil {
		return fmt.Errorf("subscribe to events: %w", err)
	}
	<-ctx.Done()
	return sub.Unsubscribe()
}
