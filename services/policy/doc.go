// Package policy decides what should run and when: which containers of an application should exist (want), whether
// anything still holds one back (clear), and what follows from what agents see (keep).
//
// It never chooses a host or an address and never talks to a Docker Engine: agents get assignments from it, rows with a
// revision per host, pushed after the commit and read again whenever an agent asks.
//
// Start reading at service.go, the table of contents. Decisions are in internal/want, clear and keep, values in and
// values out; internal/line puts them together for one application; handlers here only load, call and save.
package policy
