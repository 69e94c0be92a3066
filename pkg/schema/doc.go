// Package schema turns Go types into JSON Schema, for the documents that are generated from the code: the fields from
// the types, the descriptions from the comments beside them.
//
// It reads the source of the workspace, so it is for generators and tests; no service needs it. Start reading at [New].
package schema
