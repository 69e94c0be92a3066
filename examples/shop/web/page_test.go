package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

var member = Self{Container: "shop/web/0", Address: "10.200.0.20", Host: "localhost"}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestPagesCountOnInTheStore(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	store := fakeStore(t, func(command string) string {
		if command == "PING" {
			return "+PONG\r\n"
		}
		return ":" + string(rune('0'+visits.Add(1))) + "\r\n"
	})
	pages := Pages(member, store)
	for _, want := range []string{
		`{"container":"shop/web/0","address":"10.200.0.20","host":"localhost","visits":1}`,
		`{"container":"shop/web/0","address":"10.200.0.20","host":"localhost","visits":2}`,
	} {
		w := get(t, pages, "/?format=json")
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
			t.Errorf("page = %d %s, want %s", w.Code, got, want)
		}
	}
	w := get(t, pages, "/")
	for _, want := range []string{"<b>3</b> visits", member.Container, member.Address, member.Host} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("page lacks %q:\n%s", want, w.Body)
		}
	}
	if w := get(t, pages, "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("healthz = %d %q", w.Code, w.Body)
	}
	if w := get(t, pages, "/favicon.ico"); w.Code != http.StatusNotFound || visits.Load() != 3 {
		t.Errorf("an unknown path = %d, and the count is %d", w.Code, visits.Load())
	}
}

func TestPagesSayWhyWhenTheStoreIsAway(t *testing.T) {
	t.Parallel()
	store := fakeStore(t, func(string) string { return "-LOADING dataset\r\n" })
	for path, want := range map[string]string{
		"/":        "store refused INCR: LOADING dataset\n",
		"/healthz": "store refused PING: LOADING dataset\n",
	} {
		if w := get(t, Pages(member, store), path); w.Code != http.StatusServiceUnavailable || w.Body.String() != want {
			t.Errorf("%s = %d %q, want 503 %q", path, w.Code, w.Body, want)
		}
	}
}
