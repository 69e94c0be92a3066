package http

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clocker.io/services/api/internal/token"
)

func TestWhatWasPrunedIsGoneAndTheOldestIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.number(placed("shop", i))
	}
	b.prune(3)
	for _, ask := range [][2]string{{"?after=0", ""}, {"?after=2", ""}, {"?after=2&application=shop", ""}, {"", "2"}, {"?after=4", "1"}} {
		r := b.do("GET", "/v1/events"+ask[0], "", "Last-Event-ID", ask[1], "Accept", ndjson)
		p := r.problem(t)
		if p.Status != http.StatusGone || p.Code != "pruned" || p.Oldest != 4 || !strings.Contains(p.Detail, "the oldest is 4") {
			t.Errorf("%q: %+v", ask, p)
		}
	}
	for ask, want := range map[string]string{"": "3 [4 5]", "&after=3": "3 [4 5]", "&after=4": "4 [5]", "&after=now": "5 []"} {
		r := b.do("GET", "/v1/events?follow=false"+ask, "", "Accept", ndjson)
		if got := r.Header.Get("Clocker-After") + " " + fmt.Sprint(numbers(t, r)); got != want {
			t.Errorf("%q: after %s, want %s", ask, got, want)
		}
	}
}

// blocks gives the blocks of Server-Sent Events as they come, each without the empty line that ends it.
func blocks(r io.Reader, each func(block string)) error {
	in := bufio.NewReader(r)
	var block strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err // what was cut in the middle is no block
		}
		if line != "\n" {
			block.WriteString(line)
			continue
		}
		each(block.String())
		block.Reset()
	}
}

func TestAnIdleStreamMovesItsReaderPastWhatTheFilterLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.server.beat = time.Millisecond
	b.number(placed("shop", 0), placed("other", 0), placed("other", 1))
	ctx, leave := context.WithCancel(t.Context())
	res, err := b.web.Client().Do(b.request("GET", "/v1/events?application=shop", "").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got []string
	_ = blocks(res.Body, func(block string) {
		if got = append(got, block); strings.HasPrefix(block, ": beat") {
			leave()
		}
	})
	if len(got) < 3 || got[0] != "retry: 1000\n" || !strings.HasPrefix(got[1], "id: 1\n") || got[2] != ": beat\nid: 3\n" {
		t.Errorf("%q", got)
	}
}

func TestAStreamThatOthersEndSaysWhy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		end        func(b *bundle)
	}{
		{"the server ends", "this server ends", func(b *bundle) { b.server.end() }},
		{"the token is revoked", "the token is no longer taken", func(b *bundle) { b.server.sessions.end([]string{token.Bootstrap.ID}) }},
		{"the log is pruned past the reader", "events 2 to 3 are no longer kept; the oldest is 4, which comes after 3", func(b *bundle) {
			// All in one statement: else the reader would be quick enough.
			b.exec(`with gone as (delete from events.events where number < 4)
				update events.head set number = 5, pruned = 3`)
		}},
		{"the database fails", "something went wrong here", func(b *bundle) { b.exec(`alter table events.head rename to neck`) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.number(placed("shop", 0))
			res, err := b.web.Client().Do(b.request("GET", "/v1/events", ""))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			last := ""
			err = blocks(res.Body, func(block string) {
				if strings.HasPrefix(block, "id: 1\n") {
					tt.end(b)
					b.published <- 5
				}
				last = block
			})
			if last != ": cut: "+tt.want+"\n" || err != io.EOF {
				t.Errorf("the last words are %q, %v", last, err)
			}
		})
	}
}

func TestALogThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 3 {
		b.number(placed("shop", i))
	}
	b.exec(`update events.events set number = number + $1 where number = 3`, eventsAtOnce) // so that there is a second look
	b.exec(`insert into events.events select n, gen_random_uuid(), 'container.placed', 'policy', 's', 'shop', '', 0, '', now(),
		convert_to('{"pad":"' || repeat('x', 60000) || '"}', 'UTF8'), '' from generate_series(3, $1::bigint) n`, eventsAtOnce)
	res, err := b.web.Client().Do(b.request("GET", "/v1/events?follow=false", "", "Accept", ndjson))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b.exec(`alter table events.events rename to lost`) // the first answer is larger than what the connection holds
	if _, err := io.ReadAll(res.Body); err != io.ErrUnexpectedEOF {
		t.Errorf("it ended with %v", err)
	}
}

// A reader that takes nothing is cut, and finds the rest with the last number it has.
func TestASlowReaderIsCutAndResumes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	patient := b.server.slow
	b.server.slow = 100 * time.Millisecond
	const n = 4000
	b.exec(`insert into events.events select n, gen_random_uuid(), 'container.placed', 'policy', 's', 'shop', '', 0, '', now(),
		convert_to('{"pad":"' || repeat('x', 4000) || '"}', 'UTF8'), '' from generate_series(1, $1::bigint) n`, n)
	b.exec(`update events.head set number = $1`, n)
	cut := make(chan struct{}, 1)
	handler := b.server.Handler()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		cut <- struct{}{}
	}))
	t.Cleanup(web.Close)
	ask := func(last int64) *http.Response {
		conn, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		r := b.request("GET", "/v1/events", "", "Last-Event-ID", fmt.Sprint(last))
		if err := r.Write(conn); err != nil {
			t.Fatal(err)
		}
		if last == 0 {
			<-cut // nothing was read until the server had enough
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var got []int64
	read := func(res *http.Response) error {
		var enough error
		err := blocks(&stopper{res.Body, &enough}, func(block string) {
			var number int64
			if _, err := fmt.Sscanf(block, "id: %d\nevent: ", &number); err == nil {
				if got = append(got, number); number == n {
					enough = io.EOF
				}
			}
		})
		return err
	}
	if err := read(ask(0)); err == nil || len(got) == 0 || len(got) >= n {
		t.Fatalf("a reader that took nothing got %d events: %v", len(got), err)
	}
	b.server.slow = patient // this one reads, however slow the machine is
	_ = read(ask(got[len(got)-1]))
	for i, number := range got {
		if number != int64(i+1) {
			t.Fatalf("after %d comes %d", i, number)
		}
	}
	if len(got) != n {
		t.Errorf("%d events, want %d", len(got), n)
	}
}

// stopper ends a reader with an error once there is one.
type stopper struct {
	io.Reader
	err *error
}

func (s *stopper) Read(p []byte) (int, error) {
	if *s.err != nil {
		return 0, *s.err
	}
	return s.Reader.Read(p)
}
