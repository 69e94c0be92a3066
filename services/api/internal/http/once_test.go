package http

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestAnIdempotencyKeyActsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := []string{"Idempotency-Key", "k-1"}
	first := b.do("POST", "/v1/applications", shop, key...)
	again := b.do("POST", "/v1/applications", shop, key...)
	if first.Status != http.StatusAccepted || again.Status != first.Status || !bytes.Equal(first.Body, again.Body) ||
		again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	other := b.do("POST", "/v1/applications", strings.Replace(shop, "shop", "other", 1), key...)
	if p := other.problem(t); p.Status != http.StatusUnprocessableEntity || p.Code != "key-reused" {
		t.Errorf("%+v", p)
	}
	if p := b.do("DELETE", "/v1/applications/shop", "", key...).problem(t); p.Code != "key-reused" {
		t.Errorf("%+v", p)
	}
	if n := len(b.facts()); n != 1 {
		t.Errorf("%d facts", n)
	}
}

func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path, key := "/v1/applications/shop/restart", []string{"Idempotency-Key", "k"}
	if r := b.do("POST", path, "", key...); r.Status != http.StatusNotFound {
		t.Fatal(r.Status)
	}
	b.deploy(shop)
	if r := b.do("POST", path, "", key...); r.Status != http.StatusAccepted {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

func TestDuplicatesAtOnceWaitForTheFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	replies := make([]reply, 12)
	var all sync.WaitGroup
	for i := range replies {
		all.Go(func() { replies[i] = b.do("POST", "/v1/applications", shop, "Idempotency-Key", "same") })
	}
	all.Wait()
	for _, r := range replies {
		if r.Status != http.StatusAccepted || !bytes.Equal(r.Body, replies[0].Body) {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	if n := len(b.facts()); n != 1 {
		t.Errorf("%d facts", n)
	}
}

func TestWithoutAKeyOneOfManyAtOnceGetsTheName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	statuses := make(chan int, 8)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() { statuses <- b.do("POST", "/v1/applications", shop).Status })
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[http.StatusAccepted] != 1 || count[http.StatusConflict] != 7 {
		t.Error(count)
	}
}
