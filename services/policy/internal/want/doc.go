// Package want decides which containers of an application should exist, and which of them enter the line next.
//
// It does no I/O and reads no clock: values in, values out. It never decides where a container runs or when it starts.
//
// Start reading at [Resize], then [Next] with [Order], which keep the line fair and free of deadlocks.
package want
