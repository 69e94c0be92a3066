package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// readBytes bounds one answer to Read.
const readBytes = 4 << 20

// Session names the server and the connection to it: under another name the stream may be another one, too.
func (s *Stream) Session() string {
	return s.conn.nc.ConnectedServerId() + "#" + strconv.FormatUint(s.conn.nc.Stats().Reconnects, 10)
}

// Read gives at most n records of the stream from number first on, in order, without those that the server cannot read.
// What could be read of a record that is not as we publish them is given as it is.
func (s *Stream) Read(ctx context.Context, first int64, n int) ([]events.Record, error) {
	ctx, cancel := within(ctx, answerTime)
	defer cancel()
	ask, err := json.Marshal(map[string]int64{"seq": first, "batch": int64(n), "max_bytes": readBytes})
	if err != nil {
		return nil, err
	}
	inbox := s.conn.nc.NewInbox()
	sub, err := s.conn.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("read stream: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := s.conn.nc.PublishRequest("$JS.API.DIRECT.GET."+streamName, inbox, ask); err != nil {
		return nil, fmt.Errorf("read stream: %w", err)
	}
	var records []events.Record
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read stream: %w", err)
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			r, _ := record(m.Header, m.Header.Get("Nats-Subject"), m.Data) // whoever compares sees what is wrong with it
			records = append(records, r)
		case "204", "404": // the end, also of nothing
			return records, nil
		default:
			return nil, fmt.Errorf("read stream: %s %s", status, m.Header.Get("Description"))
		}
	}
}

// record reads what the wire carries of a record: as much as can be read, even when the rest cannot.
func record(h nats.Header, subject string, data []byte) (events.Record, error) {
	var r events.Record
	number, err := strconv.ParseInt(h.Get(headerSequence), 10, 64)
	if err != nil {
		return r, errForeign
	}
	r.Number = number
	r.ID, r.Subject, r.Data, r.Trace = h.Get(headerID), subject, data, h.Get(headerTrace)
	r.Source = strings.TrimPrefix(h.Get(headerSource), events.SourceRoot)
	r.Cause, _ = strconv.ParseInt(h.Get(headerCause), 10, 64)
	topic, ok := events.TopicOf(h.Get(headerType))
	if !ok {
		r.Topic = h.Get(headerType)
		return r, fmt.Errorf("event type %q is not one this version knows", r.Topic)
	}
	r.Topic = topic
	if r.Time, err = time.Parse(time.RFC3339Nano, h.Get(headerTime)); err != nil {
		return r, fmt.Errorf("event time: %w", err)
	}
	return r, nil
}
