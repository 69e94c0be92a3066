package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &Client{Base: s.URL, Token: "secret", Agent: "clocker/test", HTTP: s.Client()}
}

func TestListReadsAllPages(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" || r.URL.Query().Get("application") != "shop" {
			t.Errorf("asked %s with %q", r.URL, r.Header.Get("Authorization"))
		}
		switch r.URL.Query().Get("cursor") {
		case "":
			_, _ = io.WriteString(w, `{"items":[{"container":"shop/web/0","new":1}],"next_cursor":"b"}`)
		case "b":
			_, _ = io.WriteString(w, `{"items":[{"container":"shop/web/1"}]}`)
		}
	})
	list, err := List[Container](t.Context(), c, Path("containers"), url.Values{"application": {"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Value) != 2 || list.Value[1].Container != "shop/web/1" {
		t.Errorf("got %+v", list.Value)
	}
	if want := `[{"container":"shop/web/0","new":1},{"container":"shop/web/1"}]`; string(list.Raw) != want {
		t.Errorf("raw %s", list.Raw)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, kind, body, want, code string
		status                       int
	}{
		{"a problem", "application/problem+json", `{"title":"Conflict","detail":"shop exists","code":"conflict","suggestion":"shop-2"}`,
			"shop exists", "conflict", 409},
		{"only a title", "application/problem+json; charset=utf-8", `{"title":"Not found"}`, "Not found", "", 404},
		{"no JSON", "text/html", "<html>", "the API answered 502 Bad Gateway", "", 502},
		{"broken JSON", "application/problem+json", "{", "the API answered 500 Internal Server Error", "", 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			_, err := Get[Application](t.Context(), c, Path("applications", "shop"), nil)
			var p *Problem
			if !errors.As(err, &p) || err.Error() != tt.want || p.Code != tt.code || p.Status != tt.status {
				t.Errorf("error %v, %+v", err, p)
			}
		})
	}
}

func TestBrokenRequestIsSentAgainWithItsKey(t *testing.T) {
	t.Parallel()
	var keys []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		body, _ := io.ReadAll(r.Body)
		if len(keys) == 1 {
			panic(http.ErrAbortHandler) // the connection breaks after the request was taken
		}
		if string(body) != "hello" {
			t.Errorf("second body %q", body)
		}
		_, _ = io.WriteString(w, `{"operation":"op1"}`)
	})
	a, err := Call[Accepted](t.Context(), c, Request{Method: http.MethodPost, Path: "/v1/x", Body: []byte("hello")})
	if err != nil || a.Value.Operation != "op1" {
		t.Fatal(a, err)
	}
	if len(keys) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("keys %q", keys)
	}
}

func TestBusyAPIIsAskedAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"version":"1"}`)
	})
	v, err := Get[Version](t.Context(), c, Path("version"), nil)
	if err != nil || v.Value.Version != "1" || asked.Load() != 3 {
		t.Errorf("%+v after %d, %v", v.Value, asked.Load(), err)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c := &Client{Base: s.URL, HTTP: http.DefaultClient}
	_, err := Get[Version](t.Context(), c, Path("version"), nil)
	var gone *Unreachable
	if !errors.As(err, &gone) || gone.Base != s.URL {
		t.Errorf("error %v", err)
	}
	err = c.Events(t.Context(), EventQuery{Follow: true}, nil, func(Event) error { return nil })
	if !errors.As(err, &gone) {
		t.Errorf("following: %v", err)
	}
}

func TestAServerThatSaysNothingIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	c := &Client{Base: s.URL, HTTP: &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 50 * time.Millisecond}}}
	_, err := Get[Version](t.Context(), c, Path("version"), nil)
	var gone *Unreachable
	<-asked // which the server may notice after the client has given up
	if !errors.As(err, &gone) || gone.Error() != "no Clocker answers at "+s.URL+": no answer in time" || len(asked) != 0 {
		t.Errorf("asked %d times: %v", 1+len(asked), err)
	}
}

func event(n int) string {
	return fmt.Sprintf(`{"specversion":"1.0","type":"io.clocker.container.healthy.v1","sequence":%d,"data":{"application":"shop","uid":"u"}}`+"\n", n)
}

func TestFollowingGoesOnAfterABreak(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept"); got != "application/x-ndjson" {
			t.Errorf("asked for %s", got)
		}
		after := r.URL.Query().Get("after")
		switch calls.Add(1) {
		case 1:
			if after != "now" {
				t.Errorf("first after %q", after)
			}
			_, _ = io.WriteString(w, event(7)+"\n"+event(8))
		case 2:
			if after != "8" {
				t.Errorf("second after %q", after)
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			_, _ = io.WriteString(w, event(9))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var got []int64
	opened := 0
	done := errors.New("enough")
	err := c.Events(ctx, EventQuery{Follow: true}, func() { opened++ }, func(e Event) error {
		got = append(got, e.Sequence)
		if e.Sequence == 9 {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) || !slices.Equal(got, []int64{7, 8, 9}) || opened != 1 {
		t.Errorf("got %v, opened %d, %v", got, opened, err)
	}
}

func TestFollowingMissesNothingWhenItBreaksBeforeTheFirstEvent(t *testing.T) {
	t.Parallel()
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("after"))
		w.Header().Set("Clocker-After", "6")
		if len(asked) == 2 {
			_, _ = io.WriteString(w, event(7))
		}
	})
	done := errors.New("enough")
	if err := c.Events(t.Context(), EventQuery{Follow: true}, nil, func(Event) error { return done }); !errors.Is(err, done) {
		t.Fatal(err)
	}
	if !slices.Equal(asked, []string{"now", "6"}) {
		t.Errorf("asked for what comes after %q", asked)
	}
}

func TestHalfAnEventIsNoEvent(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			_, _ = io.WriteString(w, event(1)+event(2)[:40])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		if got := r.URL.Query().Get("after"); got != "1" {
			t.Errorf("then asked for what comes after %q", got)
		}
		_, _ = io.WriteString(w, event(2))
	})
	done := errors.New("enough")
	var got []int64
	err := c.Events(t.Context(), EventQuery{Follow: true, Oldest: true}, nil, func(e Event) error {
		if got = append(got, e.Sequence); e.Sequence == 2 {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) || !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestHistoryEnds(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if want := "application=shop&follow=false&host=h1&type=io.clocker.container.healthy.v1"; r.URL.RawQuery != want {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, event(1)+event(2))
	})
	var got []string
	q := EventQuery{Oldest: true, Application: "shop", Host: "h1", Type: "io.clocker.container.healthy.v1"}
	err := c.Events(t.Context(), q, nil, func(e Event) error {
		fact, err := e.Fact()
		if err != nil || fact.Topic() != "container.healthy" {
			t.Errorf("fact %v, %v", fact, err)
		}
		got = append(got, string(e.Raw))
		return nil
	})
	if err != nil || strings.Join(got, "\n")+"\n" != event(1)+event(2) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPathEscapes(t *testing.T) {
	t.Parallel()
	if got := Path("applications", "a/b", "c d"); got != "/v1/applications/a%2Fb/c%20d" {
		t.Error(got)
	}
}
