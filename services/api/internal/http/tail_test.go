package http

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
)

// printer stands for agents: what each generation of a container printed.
type printer struct {
	mu     sync.Mutex
	output map[string][]clocker.LogsChunk // by the name in the Engine
	asked  []clocker.LogsRequest
}

func chunk(seconds int, stream, text string) clocker.LogsChunk {
	return clocker.LogsChunk{Stream: stream, Data: []byte(text), Time: now.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339Nano)}
}

func (p *printer) stream(ctx context.Context, subject string, v any, each func([]byte) error) error {
	r := v.(clocker.LogsRequest)
	p.mu.Lock()
	p.asked = append(p.asked, r)
	chunks, known := p.output[r.Container.EngineName()]
	p.mu.Unlock()
	if !known || subject != "clocker.do.localhost.logs" {
		return &clocker.Error{Code: clocker.NotFound, Message: "not on this host"}
	}
	var wanted []clocker.LogsChunk
	for _, c := range chunks[max(len(chunks)-r.Tail, 0)*min(r.Tail, 1):] {
		at, err := time.Parse(time.RFC3339Nano, c.Time)
		if err != nil {
			return err
		}
		if !at.Before(time.Unix(r.Since, r.Nanos)) {
			wanted = append(wanted, c)
		}
	}
	if !r.Many {
		return errors.New("whoever reads wants an answer for each line")
	}
	for part := range slices.Chunk(wanted, 2) { // two of them in an answer
		part[0].More = part[1:]
		data, err := json.Marshal(part[0])
		if err != nil {
			return err
		}
		if err := each(data); err != nil {
			return err
		}
	}
	return nil
}

// follower reads lines as they come.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (b *bundle) follow(path string) follower {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	b.t.Cleanup(cancel)
	res, err := b.web.Client().Do(b.request("GET", path, "").WithContext(ctx))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	return follower{b.t, bufio.NewScanner(res.Body)}
}

func (f follower) next() MergedLine {
	f.t.Helper()
	if !f.lines.Scan() {
		f.t.Fatalf("the stream ended: %v", f.lines.Err())
	}
	return told(f.t, f.lines.Text())
}

func printing(t *testing.T) (*bundle, *printer) {
	t.Helper()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	p := &printer{output: map[string][]clocker.LogsChunk{
		"clk-shop-store-0-g1": {chunk(1, "stdout", "one\n"), chunk(4, "stderr", "fo"), chunk(4, "stderr", "ur\n"), chunk(5, "stdout", "open")},
		"clk-shop-web-1-g2":   {chunk(2, "stdout", "two\n"), chunk(3, "stdout", "three\n")},
	}}
	b.logs = p.stream
	return b, p
}

func told(t *testing.T, line string) (l MergedLine) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &l); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return l
}

func TestLogsOfAnApplicationAreMergedInOrderOfTime(t *testing.T) {
	t.Parallel()
	b, p := printing(t)
	read := func(path string) (out []string) {
		r := b.do("GET", path, "")
		if r.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
		for line := range strings.Lines(string(r.Body)) {
			l := told(t, line)
			out = append(out, l.Container+" "+l.Stream+" "+l.Data+l.Error)
		}
		return out
	}
	if got, want := strings.Join(read("/v1/applications/shop/logs?tail=7&since=1m&follow=false"), ", "), "shop/store/0 stdout one, shop/web/1 stdout two, "+
		"shop/web/1 stdout three, shop/store/0 stderr four, shop/store/0 stdout open"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if r := p.asked[0]; r.Tail != 7 || r.Since != now.Unix()-60 || !r.Times || r.Follow {
		t.Errorf("asked for %+v", r)
	}
	after := now.Add(2*time.Second + 1).Format(time.RFC3339Nano) // a nanosecond behind the second line
	if got := strings.Join(read("/v1/applications/shop/entities/web/logs?tail=5&since="+after), ", "); got != "shop/web/1 stdout three" {
		t.Errorf("%s", got)
	}
	if got := strings.Join(read("/v1/applications/shop/entities/web/logs?tail=5&since=1m"), ", "); got != "shop/web/1 stdout two, shop/web/1 stdout three" {
		t.Error(got)
	}
	if got := read("/v1/applications/shop/entities/web/logs?ordinal=0"); len(got) != 0 {
		t.Errorf("a container that has not run printed %q", got)
	}
	delete(p.output, "clk-shop-web-1-g2")
	if got := read("/v1/applications/shop/entities/web/logs"); len(got) != 1 || got[0] != "shop/web/1  "+notRun {
		t.Errorf("what cannot be read is told as %q", got)
	}
	for _, path := range []string{"/v1/applications/none/logs", "/v1/applications/shop/entities/none/logs"} {
		if r := b.do("GET", path, ""); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
}

func TestLogsThatAreFollowedGoOnOverRestartsAndReplacements(t *testing.T) {
	t.Parallel()
	b, p := printing(t)
	next := b.follow("/v1/applications/shop/entities/web/logs?follow=true").next
	next()
	next()
	// Restarted in place, it goes on where it was.
	p.mu.Lock()
	p.output["clk-shop-web-1-g2"] = append(p.output["clk-shop-web-1-g2"], chunk(3, "stdout", "same time\n"), chunk(6, "stdout", "again\n"))
	p.mu.Unlock()
	if l := next(); l.Data != "again" || l.Generation != 2 {
		t.Errorf("it goes on with %+v", l)
	}
	// Made anew, the new generation is read from its start; so is a member that comes.
	p.mu.Lock()
	delete(p.output, "clk-shop-web-1-g2")
	p.output["clk-shop-web-1-g3"] = []clocker.LogsChunk{chunk(7, "stdout", "anew\n")}
	p.mu.Unlock()
	b.exec(`update policy.v_containers set generation = 3 where entity = 'web' and ordinal = 1 and generation = 2`)
	if l := next(); l.Data != "anew" || l.Generation != 3 {
		t.Errorf("it goes on with %+v", l)
	}
	p.mu.Lock()
	p.output["clk-shop-web-0-g1"] = []clocker.LogsChunk{chunk(8, "stdout", "joined\n")}
	p.mu.Unlock()
	b.exec(`update policy.v_containers set host = 'localhost' where entity = 'web' and ordinal = 0`)
	if l := next(); l.Data != "joined" || l.Container != "shop/web/0" {
		t.Errorf("it goes on with %+v", l)
	}
}

func TestAllLinesOfAContainerThatComesWhileFollowingAreRead(t *testing.T) {
	t.Parallel()
	b, p := printing(t)
	next := b.follow("/v1/applications/shop/entities/web/logs?follow=true&tail=1&since=" + now.Add(3*time.Second).Format(time.RFC3339)).next
	if l := next(); l.Data != "three" {
		t.Errorf("it begins with %+v", l)
	}
	p.mu.Lock()
	delete(p.output, "clk-shop-web-1-g2")
	p.output["clk-shop-web-1-g3"] = []clocker.LogsChunk{chunk(1, "stdout", "one\n"), chunk(8, "stdout", "two\n"), chunk(9, "stdout", "three\n")}
	p.mu.Unlock()
	b.exec(`update policy.v_containers set generation = 3 where entity = 'web' and ordinal = 1 and generation = 2`)
	for _, want := range []string{"one", "two", "three"} { // also on a host whose clock is behind
		if l := next(); l.Data != want || l.Generation != 3 {
			t.Errorf("it goes on with %+v, want %s", l, want)
		}
	}
}

func TestNoLineIsReadAgainAfterALongOneThatOthersOvertook(t *testing.T) {
	t.Parallel()
	b, p := printing(t)
	p.output["clk-shop-web-1-g2"] = []clocker.LogsChunk{chunk(2, "stdout", "lo"), chunk(3, "stderr", "oops\n"), chunk(4, "stdout", "ng\n")}
	next := b.follow("/v1/applications/shop/entities/web/logs?follow=true").next
	for _, want := range []string{"oops", "long"} {
		if l := next(); l.Data != want {
			t.Errorf("%+v, want %s", l, want)
		}
	}
	p.mu.Lock()
	p.output["clk-shop-web-1-g2"] = append(p.output["clk-shop-web-1-g2"], chunk(5, "stdout", "again\n"))
	p.mu.Unlock()
	if l := next(); l.Data != "again" {
		t.Errorf("it goes on with %+v", l)
	}
}

func TestTooManyContainersAreNotReadAtATime(t *testing.T) {
	t.Parallel()
	b, _ := printing(t)
	b.exec(`insert into policy.v_containers select uid, 'shop', 'web', n, 1, true, 'healthy', 'localhost', '', 0, 0, '', null, now()
		from policy.v_containers c, generate_series(2, 70) n where c.entity = 'store'`)
	if p := b.do("GET", "/v1/applications/shop/logs", "").problem(t); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "at most 64") {
		t.Errorf("%+v", p)
	}
}

func TestContainersForWhichThereIsNoRoomAreNamedAndReadWhenThereIs(t *testing.T) {
	t.Parallel()
	b, p := printing(t)
	one := chunk(1, "stdout", "here\n")
	p.mu.Lock()
	p.output["clk-shop-store-0-g1"] = []clocker.LogsChunk{one}
	for n := range 70 {
		p.output[fmt.Sprintf("clk-shop-web-%d-g1", n)] = []clocker.LogsChunk{one}
	}
	p.mu.Unlock()
	b.exec(`delete from policy.v_containers where entity = 'web'`)
	add := func(ordinals string) {
		b.exec(`insert into policy.v_containers select uid, 'shop', 'web', n, 1, true, 'healthy', 'localhost', '', 0, 0, '', null, now()
			from policy.v_containers c, ` + ordinals + ` as n where c.entity = 'store'`)
	}
	add("generate_series(5, 67)")
	next := b.follow("/v1/applications/shop/logs?follow=true").next
	seen := map[string]bool{}
	for len(seen) < 64 { // with that of store
		l := next()
		if seen[l.Container] = true; l.Error != "" {
			t.Fatalf("%+v", l)
		}
	}
	add("unnest(array[0, 68, 69])") // the first comes before others in the order of members, and does not take the place of one
	for _, want := range []string{"shop/web/0", "shop/web/68", "shop/web/69"} {
		if l := next(); l.Container != want || !strings.Contains(l.Error, "left out") || l.Generation != 1 {
			t.Errorf("%+v, want that %s is left out", l, want)
		}
	}
	b.exec(`delete from policy.v_containers where entity = 'web' and ordinal between 5 and 6`)
	got := []string{next().Container, next().Container}
	if slices.Sort(got); !slices.Equal(got, []string{"shop/web/0", "shop/web/68"}) {
		t.Errorf("when two are gone, %v are read", got)
	}
}
