// Package blueprint turns the text of a blueprint into a [clocker.Application], or says everything that is wrong with
// it: each problem with its line, column and what would be right.
//
// It is pure: no I/O, clock, logger or context. It never guesses: an unknown key, a value out of range and a reference
// to something that is not there are problems. What cannot be known from the text (which host has room, whether an
// image can be pulled) is not decided here.
//
// Start reading at [Parse] in parse.go; keys.go lists the keys, each with the function that reads it;
// expression.go reads $brooklyn: expressions; check.go looks at the services together (references, latches, network).
package blueprint
