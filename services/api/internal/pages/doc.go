// Package pages makes what is served under /docs: the pages of the folder docs/ and the two documents that are generated
// from the code, as HTML that needs no script and nothing from elsewhere.
//
// It reads nothing but what is embedded and knows nothing of requests. Start reading at [New].
package pages
