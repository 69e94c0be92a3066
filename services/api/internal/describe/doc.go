// Package describe holds what a route of the API says of itself: its parameters, bodies and answers as values, of which
// the server takes its parameters and the OpenAPI document is made.
//
// It answers no request and reads nothing. Start reading at [Operation], then the functions in build.go that routes are
// described with.
package describe
