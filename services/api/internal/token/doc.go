// Package token is what a caller of the REST interface shows and what it may do: the text of a token, and the roles.
//
// It never stores a token or looks one up, and makes no randomness: whoever makes a token brings its secret. Start
// reading at [Role] and [Text].
package token
