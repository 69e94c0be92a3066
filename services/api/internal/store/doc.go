// Package store is the database of api: applications, build contexts, operations and idempotency keys, and the read
// model over what the other services publish in their v_ views.
//
// It never decides whether a request is right, and writes nothing outside the schema api but outbox rows by way of
// [pg.Unit]. Start reading at [Database] in store.go; submit.go and operation.go write, the files that end in _read.go
// fill the values of package view.
package store
