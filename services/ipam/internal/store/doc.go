// Package store keeps networks, leases and endpoints in Postgres, schema ipam.
//
// It decides nothing: which address or network is next is package pool's, whose it is package life's. A [Store] is bound
// to one transaction. The rules that must hold whatever the code does are constraints of the tables: no two networks
// overlap, an address has one owner, an identity one lease, an endpoint one generation.
//
// Start reading at [Store.Look] and [Store.Save], the two round trips of nearly every delivery: Look locks the
// container's application and reads all that is known of the container, Save writes what has changed. push.go is what
// hosts are told, orphans.go what has no owner.
package store
