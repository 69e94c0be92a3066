// Package placing is what scheduler does on each fact: places a requested container or parks it with the reason, tries
// parked ones again when something has changed, and frees what a withdrawn generation held.
//
// Its handlers are plain functions over a store bound to one transaction: they return facts and never publish, retry or
// start anything. Where a container goes is decided by package place; how many hosts there are, by provisioner.
//
// Start reading at [Requested], then retry.go; hosts.go and release.go are what wakes parked containers.
package placing
