// Package nearest finds what somebody meant who misspelt a word: a key, a command, a name. It is pure and knows no words of
// its own; what is said about a guess is up to who asks. Start reading at [Word].
package nearest
