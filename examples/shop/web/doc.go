// Command shop is the web part of the example application: a page that shows which container answered, where it runs,
// and how often the page was asked for, a count kept in the store so that every member counts on.
//
// It keeps nothing itself and knows of Clocker only what its environment says.
//
// Start reading at main.go, then page.go, what a visitor sees, and store.go, the few lines of Redis protocol.
package main
