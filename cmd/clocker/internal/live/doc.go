// Package live is the screen of `clocker top`: it asks for the latest values every two seconds, takes keys, and shows frames
// that package render draws. The terminal is given back as it was, however it ends.
//
// It is the one package that knows the library which speaks to the terminal.
//
// Start reading at [Run].
package live
