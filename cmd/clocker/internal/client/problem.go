package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Problem is a refusal of the API (application/problem+json, RFC 9457).
type Problem struct {
	Title      string  `json:"title"`
	Status     int     `json:"status"`
	Detail     string  `json:"detail"`
	Code       string  `json:"code"`
	Errors     []Fault `json:"errors"`
	Suggestion string  `json:"suggestion"`
	Oldest     int64   `json:"oldest"`    // number of the oldest event that is kept
	Parameter  string  `json:"parameter"` // of the query, or field of the body, whose value is wrong
	TraceID    string  `json:"trace_id"`

	Raw json.RawMessage `json:"-"`
}

// Fault is one thing that is wrong with a document, and where.
type Fault struct {
	Pointer string `json:"pointer"` // JSON pointer
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Hint    string `json:"hint,omitempty"`
	Docs    string `json:"docs"` // path of the page about the code
}

func (p *Problem) Error() string {
	switch {
	case p.Detail != "":
		return p.Detail
	case p.Title != "":
		return p.Title
	default:
		return fmt.Sprintf("the API answered %d %s", p.Status, http.StatusText(p.Status))
	}
}

const maxProblem = 1 << 20 // bytes of a refusal that are read

// accept turns an answer that is no success into a *Problem, and one that is not Clocker's into *Foreign.
func (c *Client) accept(res *http.Response) (*http.Response, error) {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")) // an unreadable one is none of ours
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		if kind != "text/html" {
			return res, nil
		}
		_ = res.Body.Close()
		return nil, &Foreign{Base: c.Base, Said: "it sends a web page"}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err != nil {
		return nil, fmt.Errorf("read the refusal of the API (%s): %w", res.Status, err)
	}
	p := &Problem{}
	if strings.HasSuffix(kind, "json") && json.Unmarshal(text, p) == nil {
		p.Raw = text
	}
	p.Status = res.StatusCode
	switch {
	case p.Raw != nil:
	case strings.Contains(string(text), "HTTP request to an HTTPS server"): // as net/http says it
		p.Detail = "the API speaks TLS at this address: begin it with https://"
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusMethodNotAllowed, res.StatusCode == http.StatusNotImplemented:
		return nil, &Foreign{Base: c.Base, Said: "it answers " + res.Status} // ours says what is not there
	}
	return nil, p
}
