// Package plan decides how many hosts there are: what to do about containers that have none.
//
// It does no I/O and reads no clock. It never decides which container goes where; a shortage is the scheduler's word,
// and two of them in a row do not make two hosts.
//
// Start reading at [For].
package plan
