// Package view holds what the REST interface answers: plain values whose JSON names are a contract with its users. A
// field may be added, never renamed or removed.
//
// It never reads or decides anything: store fills these values, http writes them. Start reading at [Application].
package view
