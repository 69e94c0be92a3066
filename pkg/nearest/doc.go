// Package nearest finds what somebody meant who misspelt a word. It is pure; start reading at [Word].
package nearest
