// Package doctor judges what was seen of an installation and its machine: facts in, findings out. Each finding has a code
// that stays, and those that are no good news say what mends them.
//
// It never looks by itself (that is package probe) and never changes anything.
//
// Start reading at [Judge]: it lists the checks in the order in which they are told.
package doctor
