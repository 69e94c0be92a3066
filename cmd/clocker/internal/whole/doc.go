// Package whole writes files that are whole whenever somebody reads them: the old text or the new one, also after the
// writer was killed.
//
// It never leaves a draft that a later write would trip over. Start reading at [Write].
package whole
