// Package rights says what each user of NATS may do: a row for every service, the sequencer, the auditor, and the agent
// and dns of a host.
//
// It does no I/O and knows nothing of credentials: package access signs what stands here. Everything that is not in
// the table is refused by the server.
//
// Start reading at table.go; [Of] gives the rights of one user.
package rights
