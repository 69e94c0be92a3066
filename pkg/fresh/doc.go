// Package fresh keeps values that are read from files and follow them, so that a replaced certificate or token needs no
// restart. It looks when the value is asked for and has no goroutine; who must hear of a change without asking looks by
// himself. Start reading at [Value].
package fresh
