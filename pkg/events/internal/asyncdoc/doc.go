// Package asyncdoc writes the AsyncAPI document of the events from the registry, the flow table and the Go types: each
// event's subject, headers and fields, who states it and who hears it.
//
// It decides nothing: what is wrong in the document is wrong in pkg/events. The file is written by cmd/asyncdoc.
//
// Start reading at [Document].
package asyncdoc
