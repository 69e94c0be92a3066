// Package readings keeps what agents measure: of each host and container the latest values, and of some of them the
// last hour. It is all in memory and bounded; a new process begins with nothing and knows the present a round later.
//
// What a host says counts for that host alone: readings are kept under the host that said them, and are found only by who knows
// where a container runs. Nothing is decided by them here.
//
// Start reading at [Store.Take]; series.go is the memory of one sensor.
package readings
