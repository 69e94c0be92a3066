// Package render turns what the API says into text for people: tables, words for events, refusals with their place in
// a file, the board of a running deployment.
//
// Its functions are pure: values in, text out. Only [Live] writes, and only to the terminal it is given. Colour is a
// value too: see [Paint].
//
// Start reading at [Table]; words.go says every event in a few words, board.go keeps what a deployment shows.
package render
