package http

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// cuts is how often the reader's connection is cut.
const cuts = 200

// A reader of Server-Sent Events is cut at any byte, again and again, and comes back with the last number it has; beside
// it, a subscriber on NATS; meanwhile services state facts and the sequencer numbers and publishes them. Both see the same
// numbers, each once, none missing. A number that was pruned is gone.
func TestAReaderCutTwoHundredTimesSeesWhatASubscriberSees(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	b := &bundle{t: t}
	b.open()
	b.serve(conn.OnEvent)
	p := b.pipeline(conn)
	sub := subscribe(t, conn)
	for sub.seen() == 0 { // a subscription takes effect a little after it is asked for
		p.write(1)
		sub.wait(50 * time.Millisecond)
	}

	reader := &resumer{b: b, each: func() { p.room <- struct{}{} }}
	done := make(chan struct{})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() { p.run(done) })
	}
	middle := 0
	random := rand.New(rand.NewPCG(1, 2))
	for range cuts {
		if half := reader.read(random.Int64N(6000)); half {
			middle++
		}
	}
	close(done)
	writers.Wait()
	last := p.count()
	if reader.until = last; reader.last < last {
		reader.read(1 << 30)
	}
	t.Logf("%d events, cut %d times, %d of them within an event", last, cuts, middle)
	if middle < cuts/4 {
		t.Errorf("only %d of %d cuts were within an event", middle, cuts)
	}
	if last < cuts {
		t.Errorf("only %d events came by", last)
	}
	for i, n := range reader.got {
		if n != int64(i+1) {
			t.Fatalf("the reader got %d after %d", n, i)
		}
	}
	for sub.last() < last {
		sub.wait(10 * time.Second)
	}
	numbers := sub.numbers()
	for i, n := range numbers {
		if n != numbers[0]+int64(i) {
			t.Fatalf("the subscriber got %d after %d", n, numbers[i-1])
		}
	}
	if want := reader.got[numbers[0]-1:]; len(want) != len(numbers) {
		t.Errorf("the reader got %d events from %d on, the subscriber %d", len(want), numbers[0], len(numbers))
	}
	b.prunedIsGone(p, last)
}

// prunedIsGone lets the log be pruned as an installation does, and asks for what went.
func (b *bundle) prunedIsGone(p *pipeline, last int64) {
	b.t.Helper()
	b.exec(`insert into api.floors values ('api', $1)`, last)
	p.write(1) // the sequencer notes with the next batch how far the stream reaches
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.db.Retain(ctx) }()
	b.t.Cleanup(func() { cancel(); <-ended })
	for head := int64(0); head < last; { // one event is left: that which came after the last of the readers'
		head = pgtest.Query(b.t, b.db, `select pruned from events.head`)[0]["pruned"].(int64)
		if b.t.Context().Err() != nil {
			b.t.Fatalf("the log is pruned up to %d, want %d", head, last)
		}
	}
	r := b.do("GET", "/v1/events?follow=false&after=7", "", "Accept", ndjson)
	if got := r.problem(b.t); got.Oldest != last+1 {
		b.t.Errorf("the oldest is said to be %d, want %d", got.Oldest, last+1)
	}
	r = b.do("GET", "/v1/events?follow=false", "", "Accept", ndjson, "Last-Event-ID", strconv.FormatInt(last, 10))
	if got := numbers(b.t, r); r.Status != http.StatusOK || len(got) == 0 || got[0] != last+1 {
		b.t.Errorf("from the oldest on: %d %v", r.Status, got)
	}
}

// pipeline states facts as services do, and has them numbered and published. It keeps no more than some events before
// the reader, so that the reader meets both what is old and what comes just now.
type pipeline struct {
	t    *testing.T
	db   *pg.DB
	unit *pg.Unit[*pg.Tx]
	room chan struct{}

	mu      sync.Mutex
	written int64
}

const ahead = 60

func (b *bundle) pipeline(conn *bus.Conn) *pipeline {
	b.t.Helper()
	db, err := pg.Open(pg.Config{URL: pgtest.OwnerURL(b.t, b.db), Role: "api", Poke: conn.Poke, Retention: time.Nanosecond})
	if err != nil {
		b.t.Fatal(err)
	}
	p := &pipeline{t: b.t, db: db, unit: pg.NewUnit(db, func(tx *pg.Tx) *pg.Tx { return tx }), room: make(chan struct{}, 1<<20)}
	for range ahead {
		p.room <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = db.Sequence(ctx, conn.Stream()) }()
	b.t.Cleanup(func() { cancel(); <-ended; db.Close() })
	return p
}

func (p *pipeline) write(n int) {
	facts := make([]events.Event, n)
	for i := range facts {
		facts[i] = placed("shop", i)
	}
	err := p.unit.Run(context.Background(), func(context.Context, *pg.Tx) ([]events.Event, error) { return facts, nil })
	if err != nil {
		p.t.Error(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written += int64(n)
}

func (p *pipeline) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-p.room:
			p.write(1)
		}
	}
}

func (p *pipeline) count() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written
}

// resumer reads the stream of events and keeps the numbers of those that came whole.
type resumer struct {
	b     *bundle
	each  func()
	last  int64
	until int64 // the reader leaves with this one
	got   []int64
}

// read takes a number of bytes of an answer and cuts the connection there; it says whether that was within an event.
func (r *resumer) read(limit int64) (half bool) {
	conn, err := net.Dial("tcp", r.b.web.Listener.Addr().String())
	if err != nil {
		r.b.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ask := r.b.request("GET", "/v1/events", "", "Last-Event-ID", strconv.FormatInt(r.last, 10))
	if err := ask.Write(conn); err != nil {
		r.b.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, limit)), ask)
	if err != nil {
		return false // cut within the header
	}
	if res.StatusCode != http.StatusOK {
		r.b.t.Fatalf("after %d: %s", r.last, res.Status)
	}
	begun := 0
	_ = blocks(&spy{res.Body, &begun}, func(block string) {
		begun -= len(block) + 1
		var number int64
		if _, err := fmt.Sscanf(block, "id: %d\nevent: ", &number); err != nil {
			return
		}
		r.last = number
		r.got = append(r.got, number)
		r.each()
		if number == r.until {
			_ = conn.Close()
		}
	})
	return begun > 0
}

// spy counts what is read.
type spy struct {
	io.Reader
	n *int
}

func (s *spy) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	*s.n += n
	return n, err
}

// subscriber is what `nats sub 'clocker.evt.>'` shows.
type subscriber struct {
	mu   sync.Mutex
	list []int64
	news chan struct{}
}

func subscribe(t *testing.T, conn *bus.Conn) *subscriber {
	t.Helper()
	s := &subscriber{news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = conn.OnEvent(ctx, s.add) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

func (s *subscriber) add(number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, number)
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *subscriber) wait(most time.Duration) {
	select {
	case <-s.news:
	case <-time.After(most):
	}
}

func (s *subscriber) numbers() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.list...)
}

func (s *subscriber) seen() int { return len(s.numbers()) }

func (s *subscriber) last() int64 {
	list := s.numbers()
	return list[len(list)-1]
}
