// Package browser reads what is served under /docs in a real Chromium, as people do: with a keyboard, on a telephone, in
// the dark, without JavaScript. It holds tests alone and decides nothing.
//
// Start reading at pages_test.go; chromium_test.go starts the browser and the server, axe_test.go has a public checker look
// at accessibility.
package browser
