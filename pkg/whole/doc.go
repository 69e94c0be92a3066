// Package whole writes files that are whole whenever somebody reads them: the old text or the new one, or of a file that is
// made once, the text of whoever made it first. That holds also when a writer is killed.
//
// It never leaves a draft that a later write would trip over. Start reading at [Write], then [First].
package whole
