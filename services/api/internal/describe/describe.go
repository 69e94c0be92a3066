package describe

import (
	"net/http"
	"reflect"
	"slices"
)

// Operation is what a route does, in words and types. A body, parameter or answer that is not in it does not exist: the
// server reads no other parameter, and tests hold every request and answer that they see against it.
type Operation struct {
	ID      string // lower camel case; generated clients name a function by it
	Summary string // a line
	Details string // what else to know; may be empty
	Query   []Param
	Headers []Param
	Body    []Body // by content type; empty takes none
	Answers []Answer
}

// Kind is the type of a parameter.
type Kind string

// The kinds.
const (
	Text  Kind = "string"
	Whole Kind = "integer"
	Truth Kind = "boolean"
)

// Param is a value in the query, a header or the path of a request.
type Param struct {
	Name    string
	What    string
	Kind    Kind
	Min     int      // of a whole number
	Max     int      // of a whole number; 0 is none
	OneOf   []string // of a text
	Default any
	Many    bool // several with commas between, or repeated
	Example any
	Shown   bool // the example of a whole request has it, too
}

// Body is what a request may carry.
type Body struct {
	Content string // media type
	Type    reflect.Type
	What    string
	Must    bool
	Example any
}

// Answer is how a request may be answered when nothing is wrong. All that is wrong is a problem.
type Answer struct {
	Status  int
	What    string
	Content []Content // none has no body
	Headers []string  // of those in Headers
}

// Content is a body of an answer. Of a stream, Type is what each line or event is.
type Content struct {
	Type   string // media type
	Of     reflect.Type
	Stream bool
}

// Whole reports whether what answers is there at once: it is no stream, and nothing other than HTTP.
func (o Operation) Whole() bool {
	for _, a := range o.Answers {
		if a.Status < http.StatusOK || slices.ContainsFunc(a.Content, func(c Content) bool { return c.Stream }) {
			return false
		}
	}
	return true
}

// Param finds a parameter of the query by name.
func (o Operation) Param(name string) (Param, bool) {
	for _, p := range o.Query {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// Headers are the headers of answers that mean something to a reader.
var Headers = map[string]string{
	"Trace-Id":               "Id of the request's trace, in every log line and span that follows from it",
	"ETag":                   "Entity tag: equal tags, equal bytes. For If-None-Match, and for If-Match of what changes it",
	"Location":               "Where to look how it goes on",
	"Idempotent-Replayed":    "true when the answer is that of an earlier request with the same Idempotency-Key",
	"Clocker-After":          "Number of the event that the answer begins after",
	"Retry-After":            "Seconds to wait before trying again",
	"Upgrade":                "What the connection speaks from here on",
	"Connection":             "That it speaks something else from here on",
	"Sec-WebSocket-Accept":   "That this is a WebSocket: made of the key of the request",
	"Sec-WebSocket-Protocol": "The subprotocol",
	"Allow":                  "The methods that the address takes",
	"WWW-Authenticate":       "How to say who you are",
}

// Path are the parameters in paths, by name: one name means one thing in all of them.
var Path = map[string]Param{
	"app":       {Name: "app", What: "Id of an application", Kind: Text, Example: "shop"},
	"entity":    {Name: "entity", What: "Id of an entity of the application", Kind: Text, Example: "web"},
	"ordinal":   {Name: "ordinal", What: "Number of a member of the entity", Kind: Whole, Example: 0},
	"effector":  {Name: "effector", What: "Name of an effector", Kind: Text, OneOf: []string{"resize", "restart"}, Example: "resize"},
	"sensor":    {Name: "sensor", What: "Name of a sensor", Kind: Text, Example: "service.isUp"},
	"host":      {Name: "host", What: "Id of a host", Kind: Text, Example: "localhost"},
	"network":   {Name: "network", What: "Id of a network, or of the application that has it", Kind: Text, Example: "shop"},
	"cloud":     {Name: "cloud", What: "Id of a cloud", Kind: Text, Example: "my-docker-cloud"},
	"operation": {Name: "operation", What: "Id of an operation", Kind: Text, Example: "op-k2vq7n3h5m4x6c"},
	"consumer":  {Name: "consumer", What: "The service that has the dead letter", Kind: Text, Example: "policy"},
	"number":    {Name: "number", What: "Number of the event", Kind: Whole, Min: 1, Example: 4711},
	"page":      {Name: "page", What: "Name of a page", Kind: Text, Example: "words"},
	"folder":    {Name: "folder", What: "Name of a folder of pages", Kind: Text, Example: "errors"},
	"file":      {Name: "file", What: "Name of a page of the folder", Kind: Text, Example: "invalid"},
	"token":     {Name: "token", What: "Id of a token, which is no secret", Kind: Text, Example: "q7n3h5m4"},
}
