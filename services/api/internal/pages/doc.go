// Package pages makes what is served under /docs: the pages of the folder docs/ and the two documents that are generated
// from the code, as HTML that needs nothing from elsewhere. One script of our own, files/page.js, adds what a page cannot do
// by itself, finding and copying; each page is whole without it.
//
// It reads nothing but what is embedded and knows nothing of requests. Start reading at [New].
package pages
