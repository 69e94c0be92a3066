// Package bus is how services talk: durable consumers of the stream of events, requests and messages of core NATS, and
// the publisher that the sequencer uses.
//
// It never touches a database: what makes a delivery happen once is the service's [Unit]. It never shows a sequence of
// JetStream to anybody; numbers are those of the events.
//
// Start reading at handler.go, what a service registers; consumer.go follows the stream; deliver.go decides what
// becomes of a delivery (one function, dispose); stream.go publishes; respond.go and request.go are core NATS.
package bus
