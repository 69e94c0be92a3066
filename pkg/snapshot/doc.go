// Package snapshot puts the pages of a complete snapshot together: what an agent or a dns does with the answers to its
// questions before it acts on any of them.
//
// It is pure: how a page is asked for is a function of the caller. Either all pages arrive, in their order, of one host and
// one epoch, and make one snapshot, or there is none. It asks nobody again; its caller does, from the first page.
//
// What changes between two pages comes again in a later one, so the pages make the snapshot of the moment of the first and
// everything that came after it up to the last: what such a snapshot lacks had no row when the last page was read.
//
// Start reading at [Run].
package snapshot
