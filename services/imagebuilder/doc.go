// Package imagebuilder decides which images there should be and keeps a catalogue of them by content key. Agents do the
// work: it holds no socket of an Engine.
//
// It never holds up the line: while an image is found, pulled or built, containers are placed and addressed. It never
// tells an application of an image twice.
//
// Start reading at service.go, then internal/catalog, what is decided, and internal/jobs, how applications and hosts
// hear of it.
package imagebuilder
