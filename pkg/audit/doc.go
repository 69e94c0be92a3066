// Package audit checks the log of events: numbers without gaps, each record linked by hash to the one before, and a
// head that names the last one. A log whose beginning was pruned is checked from the hash that was kept of it.
//
// It is pure and never repairs anything. Start reading at [Chain]; file.go is a log on its way between installations.
package audit
