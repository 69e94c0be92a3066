// Package docfile is the main of the commands that write a page or document from the code, each run by go generate.
//
// It makes no text and knows no page: the command's own package does, and a test there holds the file against it. Start
// reading at [Main].
package docfile
