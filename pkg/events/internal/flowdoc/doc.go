// Package flowdoc writes docs/flow.md from the flow table: the line, and for each event who states and who hears it.
//
// It decides nothing: what is wrong on the page is wrong in pkg/events/flow.go. Text in, text out; the file is
// written by cmd/flowdoc.
//
// Start reading at [Markdown].
package flowdoc
