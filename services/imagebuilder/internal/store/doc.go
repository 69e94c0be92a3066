// Package store is imagebuilder's tables: images, who asks for them, and what each host was told.
//
// It decides nothing: that is internal/catalog's. A transaction loads a [Scene], changes it and saves it; hosts are
// told of the changes once it has committed.
//
// Start reading at migrations/, then [Scene].
package store
