// Package feed keeps the zone of this host up to date from ipam's updates and keeps a copy of it on disk.
//
// It answers no questions and never empties the zone because somebody is silent: only an update or a complete snapshot
// of ipam changes it. After a start without a control plane the copy on disk is what is served.
//
// Start reading at [Feed.Run].
package feed
