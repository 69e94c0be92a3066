package http

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"

	"github.com/labstack/echo/v4"
)

// exportAudit writes the log from ?from on, as it is: whoever reads it checks it. One that breaks off has no trailer, and is
// cut.
func (s *Server) exportAudit(c echo.Context) error {
	from := int64(0)
	if text := asked(c, "from"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return wrong("from", "must be the number of an event")
		}
		from = n
	}
	ctx, cancel := s.streamContext(c)
	defer cancel()
	out := s.newStream(c, ndjson)
	err := s.export(ctx, from, out)
	if err != nil && out.begun {
		s.log.Warn("export the log", "reason", err)
		return out.cut()
	}
	return err
}

// export reads a part at a time, each in a transaction that ends before the reader gets it: a slow one must hold none open.
// The log only grows; where it ended at first, the export ends.
func (s *Server) export(ctx context.Context, from int64, out *stream) error {
	header, trailer, err := s.ends(ctx, from)
	if err != nil {
		return err
	}
	if err := putLine(out)(audit.HeaderLine(header)); err != nil {
		return err
	}
	for after := header.First - 1; after < trailer.Last; {
		var records []events.Record
		err := s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
			head, err := r.Head(ctx)
			if err == nil && after < head.Pruned {
				err = gone(after, head.Pruned)
			}
			if err == nil {
				records, err = r.Events(ctx, after, auditAtOnce, store.Filter{})
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(records) == 0 {
			break // the end of the log is gone: the trailer shows it
		}
		after = records[len(records)-1].Number
		if err := putAll(out, until(records, trailer.Last)); err != nil {
			return err
		}
	}
	return putLine(out)(audit.TrailerLine(trailer))
}

// ends are where an export begins and ends.
func (s *Server) ends(ctx context.Context, from int64) (h audit.Header, t audit.Trailer, err error) {
	err = s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		head, err := r.Head(ctx)
		if err != nil {
			return err
		}
		if from == 0 {
			from = head.Pruned + 1
		}
		switch {
		case from <= head.Pruned:
			return gone(from-1, head.Pruned)
		case from > head.Number:
			return refuse(http.StatusNotFound, clocker.NotFound, fmt.Sprintf("the log ends at event %d", head.Number))
		}
		before := head.PrunedHash
		if from > head.Pruned+1 {
			list, err := r.Events(ctx, from-2, 1, store.Filter{})
			if err != nil {
				return err
			}
			if len(list) > 0 { // else the log has a hole there: the file is checked against nothing, and found bad
				before = list[0].Hash
			}
		}
		h = audit.Header{Installation: s.cfg.Installation, Exported: s.cfg.Now().UTC(), First: from, Hash: hex.EncodeToString(before)}
		t = audit.Trailer{Last: head.Number, Hash: hex.EncodeToString(head.Hash)}
		return nil
	})
	return h, t, err
}

// until leaves out what came after a number.
func until(records []events.Record, last int64) []events.Record {
	for len(records) > 0 && records[len(records)-1].Number > last {
		records = records[:len(records)-1]
	}
	return records
}

func putAll(out *stream, records []events.Record) error {
	var batch []byte
	for _, record := range records {
		text, err := audit.RecordLine(record)
		if err != nil {
			return err
		}
		batch = append(batch, text...)
	}
	return out.write(batch)
}

// putLine writes a line that was made without an error.
func putLine(out *stream) func(text []byte, err error) error {
	return func(text []byte, err error) error {
		if err != nil {
			return err
		}
		return out.write(text)
	}
}
