package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Client is a connection to one installation's API. It is safe for concurrent use.
type Client struct {
	Base  string // http://127.0.0.1:8080
	Token string // bearer token; empty sends none
	Agent string // User-Agent
	HTTP  *http.Client
	// Streams is for answers that may be long in beginning, such as the output of a container that prints nothing: nobody is
	// given up for being silent. Nil means HTTP.
	Streams *http.Client
}

// Request is one call. Body is held in memory, so that it can be sent again.
type Request struct {
	Method      string
	Path        string // below Base, with escaped segments: see Path
	Query       url.Values
	Body        []byte
	ContentType string
	Accept      string // empty means application/json
	Stream      bool   // by Streams
}

// Path joins segments to a path below /v1, each escaped.
func Path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

const (
	retries   = 3                      // of a connection that broke
	busyTries = 15                     // of an API whose database is away: it starts again within seconds
	retryWait = 200 * time.Millisecond // between them
)

// Do sends a request and gives the answer of a success, whose body the caller closes. A refusal is a *Problem, a dead
// address *Unreachable. A POST or DELETE carries an Idempotency-Key, so that one that broke off, or that the API could
// not take for now, is sent again safely.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	key := ""
	if r.Method != http.MethodGet {
		key = newKey()
	}
	for attempt := 1; ; attempt++ {
		res, err := c.send(ctx, r, key)
		switch {
		case err == nil && (res.StatusCode != http.StatusServiceUnavailable || attempt >= busyTries):
			return c.accept(res)
		case err == nil:
			_ = res.Body.Close()
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case attempt >= retries || notThere(err) || silent(err):
			return nil, &Unreachable{Base: c.Base, Err: cause(err)}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryWait):
		}
	}
}

func (c *Client) send(ctx context.Context, r Request, key string) (*http.Response, error) {
	address := c.Base + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Accept": r.Accept, "Content-Type": r.ContentType, "Idempotency-Key": key, "User-Agent": c.Agent,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.Accept == "" {
		req.Header.Set("Accept", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if r.Stream && c.Streams != nil {
		return c.Streams.Do(req)
	}
	return c.HTTP.Do(req)
}

func newKey() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it does not fail
	return hex.EncodeToString(b)
}

// Doc is an answer: what the CLI reads of it, and all of it.
type Doc[T any] struct {
	Value T
	Raw   json.RawMessage
}

// Get reads a document.
func Get[T any](ctx context.Context, c *Client, path string, query url.Values) (Doc[T], error) {
	return Call[T](ctx, c, Request{Method: http.MethodGet, Path: path, Query: query})
}

// Call sends a request that is answered with a document, or with nothing.
func Call[T any](ctx context.Context, c *Client, r Request) (Doc[T], error) {
	var d Doc[T]
	res, err := c.Do(ctx, r)
	if err != nil {
		return d, err
	}
	defer res.Body.Close()
	if d.Raw, err = io.ReadAll(res.Body); err != nil {
		return d, fmt.Errorf("read the answer of %s: %w", r.Path, err)
	}
	if len(bytes.TrimSpace(d.Raw)) == 0 {
		d.Raw = nil
		return d, nil
	}
	if err := json.Unmarshal(d.Raw, &d.Value); err != nil {
		return d, &Foreign{Base: c.Base, Said: "it sends no JSON"}
	}
	return d, nil
}

// page is a part of a list.
type page struct {
	Items      []json.RawMessage `json:"items"`
	NextCursor string            `json:"next_cursor"`
}

// pageSize is how many items are asked for at a time: few enough that a page is there at once.
const pageSize = "500"

// Pages reads a list page by page and gives each to each; it holds no more than one of them.
func Pages[T any](ctx context.Context, c *Client, path string, query url.Values, each func([]Doc[T]) error) error {
	q := url.Values{"limit": {pageSize}}
	for name, values := range query {
		q[name] = values
	}
	for {
		p, err := Get[page](ctx, c, path, q)
		if err != nil {
			return err
		}
		items := make([]Doc[T], len(p.Value.Items))
		for i, raw := range p.Value.Items {
			items[i].Raw = raw
			if err := json.Unmarshal(raw, &items[i].Value); err != nil {
				return fmt.Errorf("read the answer of %s: %w", path, err)
			}
		}
		if err := each(items); err != nil {
			return err
		}
		if p.Value.NextCursor == "" {
			return nil
		}
		q.Set("cursor", p.Value.NextCursor)
	}
}

// List reads all pages of a list that is short; Raw is one JSON array of its items.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) (Doc[[]T], error) {
	d := Doc[[]T]{Value: []T{}}
	items := []json.RawMessage{}
	err := Pages(ctx, c, path, query, func(page []Doc[T]) error {
		for _, item := range page {
			d.Value, items = append(d.Value, item.Value), append(items, item.Raw)
		}
		return nil
	})
	d.Raw = array(items)
	return d, err
}

// array is a JSON array of items as they are: encoding them again would escape what the API did not.
func array(items []json.RawMessage) json.RawMessage {
	parts := make([][]byte, len(items))
	for i, item := range items {
		parts[i] = item
	}
	return slices.Concat([]byte("["), bytes.Join(parts, []byte(",")), []byte("]"))
}
