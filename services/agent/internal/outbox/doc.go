// Package outbox keeps what the agent saw on disk until the owner of each fact has answered.
//
// Facts are numbered by a counter that never goes back while the data directory lives, and sent in order, each noun
// (container, image, host) by itself: an owner that is away holds back no other. Sending twice is harmless; losing is
// not, so a fact leaves the disk only when its owner has settled it. It never judges a fact.
//
// Start reading at [Outbox.Add]; send.go carries facts away.
package outbox
