// Package addressing is what ipam does on each fact: leases an address to a placed container, follows where it lives,
// and takes it back.
//
// Its handlers are plain functions over a store bound to one transaction: they return facts and never publish, retry or
// start anything. Nothing here decides by itself: addresses are package pool's, generations package life's.
//
// Start reading at [Placed], then way.go, the way back.
package addressing
