// Package image carries out image jobs: finds an image on this host, pulls it or builds it, and reports the outcome.
//
//	job --> known built image, or found by reference --> image.ready
//	    \-> pull or build --> image.ready | image.failed
//
// One build runs at a time, and two pulls. A job's attempt is reported once; an image that is there already is never
// made again, also when the agent was killed while it built. It decides neither what to build nor when to try again.
//
// Start reading at [Builder.Reconcile].
package image
