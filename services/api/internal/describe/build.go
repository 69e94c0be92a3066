package describe

import (
	"net/http"
	"reflect"

	"clocker.io/services/api/internal/view"
)

// Media types.
const (
	JSON    = "application/json"
	Problem = "application/problem+json"
	NDJSON  = "application/x-ndjson"
	SSE     = "text/event-stream"
	Plain   = "text/plain"
	HTML    = "text/html"
)

// MaxPage is how many items a page of a list may have.
const MaxPage = 1000

// DefaultPage is how many it has when nobody says.
const DefaultPage = 100

var (
	// IfNoneMatch and Unchanged are how a reader who has a value already is told so.
	IfNoneMatch = Param{Name: "If-None-Match", What: "An ETag that the caller has: the answer is 304 when it is the current one", Kind: Text}
	Unchanged   = Answer{Status: http.StatusNotModified, What: "The caller has it already", Headers: []string{"ETag"}}

	ifMatch = Param{Name: "If-Match", What: "An ETag of what is to be changed: it changes only if that is the current one, else 412", Kind: Text}
	key     = Param{Name: "Idempotency-Key", Kind: Text, Example: "5f0c1a4e",
		What: "A text of the caller's own: a request repeated with it within 24 hours acts once and gets the same answer"}
	limit = Param{Name: "limit", What: "How many items at most", Kind: Whole, Min: 1, Max: MaxPage, Default: DefaultPage, Example: 50}
	next  = Param{Name: "cursor", What: "next_cursor of the page before", Kind: Text}
)

// Plainly is an operation that is answered with 200 and a body of one type, without an entity tag.
func Plainly(id, summary string, content ...Content) Operation {
	return Operation{ID: id, Summary: summary, Answers: []Answer{{Status: http.StatusOK, What: "What was asked for", Content: content}}}
}

// Reads is an operation that is answered with a T and its entity tag.
func Reads[T any](id, summary string) Operation {
	o := Plainly(id, summary, Value[T]())
	o.Headers = []Param{IfNoneMatch}
	o.Answers[0].Headers = []string{"ETag"}
	o.Answers = append(o.Answers, Unchanged)
	return o
}

// Lists is an operation that is answered with a page of T.
func Lists[T any](id, summary string) Operation {
	return Reads[view.Page[T]](id, summary).Asks(limit, next)
}

// Changes is an operation that takes time: it is accepted, and its outcome is that of an operation.
func Changes(id, summary string) Operation {
	return Once(id, summary, http.StatusAccepted, "Accepted: the operation tells how it goes on", Value[view.Accepted]())
}

// Once is an operation that acts once for an Idempotency-Key.
func Once(id, summary string, status int, what string, content Content) Operation {
	return Operation{ID: id, Summary: summary, Headers: []Param{key}, Answers: []Answer{{Status: status, What: what,
		Content: []Content{content}, Headers: []string{"Location", "Idempotent-Replayed"}}}}
}

// Settles is an operation that acts once for an Idempotency-Key and is answered when it is done.
func Settles(id, summary string, content Content) Operation {
	o := Once(id, summary, http.StatusOK, "Done", content)
	o.Answers[0].Headers = []string{"Idempotent-Replayed"}
	return o
}

// Guarded makes a change depend on an entity tag, for who asks so.
func (o Operation) Guarded() Operation {
	o.Headers = append(o.Headers, ifMatch)
	return o
}

// Says adds what else there is to know.
func (o Operation) Says(details string) Operation {
	o.Details = details
	return o
}

// Asks adds parameters of the query.
func (o Operation) Asks(query ...Param) Operation {
	o.Query = append(o.Query, query...)
	return o
}

// Hears adds headers of the request.
func (o Operation) Hears(headers ...Param) Operation {
	o.Headers = append(o.Headers, headers...)
	return o
}

// Takes adds a body.
func (o Operation) Takes(bodies ...Body) Operation {
	o.Body = append(o.Body, bodies...)
	return o
}

// Answered adds an answer.
func (o Operation) Answered(answers ...Answer) Operation {
	o.Answers = append(o.Answers, answers...)
	return o
}

// Value is a T as JSON.
func Value[T any]() Content { return Content{Type: JSON, Of: reflect.TypeFor[T]()} }

// Stream is an answer of many T.
func Stream[T any](kind string) Content {
	return Content{Type: kind, Of: reflect.TypeFor[T](), Stream: true}
}

// Words is a text.
func Words(kind string) Content { return Content{Type: kind, Of: reflect.TypeFor[string]()} }

// Object is a body of JSON.
func Object[T any](what string, must bool, example T) Body {
	return Body{Content: JSON, Type: reflect.TypeFor[T](), What: what, Must: must, Example: example}
}
