// Package pack makes the build context that goes along with a blueprint: one directory as a tar.gz, without what its
// .dockerignore names.
//
// Equal content gives equal bytes, and so an equal digest: entries are sorted, and times and owners are left out. It
// never follows a symbolic link and never sends anything.
//
// Start reading at [Directory].
package pack
