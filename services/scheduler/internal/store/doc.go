// Package store keeps hosts, reservations, host ports and parked containers in Postgres, schema scheduler.
//
// It decides nothing: where a container goes is package place's. A [Store] is bound to one transaction, in which
// placement is this transaction's alone: the first thing it does is to lock the one row of scheduler.turn. So what it
// has read of a cloud stays true, is kept for the deliveries that follow in the same transaction, and is changed along
// with the tables. The rules that must hold whatever the code does are constraints: what is reserved never grows beyond
// what a host offers, a host port has one holder.
//
// Start reading at [Store.Look], what is known of a container, and [Store.Cloud], what is known of a cloud. Changes are
// collected and written by [Store.Flush] in one round trip.
package store
