// Package pool does the arithmetic of addresses: which network an application gets, how a network is divided, which
// address comes next.
//
// It takes values and gives values: no context, clock, logger or database. What has been given out is the store's to
// remember; the caller holds a lock while it decides.
//
// Start reading at [Carve], a network of the pool, then [LayOut], how one is divided, then [Space], the next address.
package pool
