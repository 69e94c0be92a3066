// Package client talks to Clocker's REST interface, /v1.
//
// It never prints and never decides what a refusal means to a person: it hands back the API's own words as *Problem.
// Its types have the fields that the CLI reads; the whole answer is kept beside them, so that `-o json` shows what the
// API said and not what this version knows of it.
//
// Start reading at [Client], then [Get] and [List]; stream.go follows events.
package client
