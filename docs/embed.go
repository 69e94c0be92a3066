// Package docs holds this folder's pages and documents, so that api can serve them where nobody has a checkout. It holds
// nothing else. Start reading at README.md.
package docs

import "embed"

// Files are the pages (Markdown) and the documents (JSON), by their paths in this folder.
//
//go:embed *.md */*.md *.json
var Files embed.FS
