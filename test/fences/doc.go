// Package fences keeps the borders inside the repository: which package may import what, which packages are pure, how
// packages are documented and named. make check runs it as a test over every Go file.
//
// It reads source as text and syntax trees only; it builds and runs nothing. Formatting and correctness are other
// tools' business.
//
// Start reading at borders.go, the borders as data; then rules.go, what each rule looks for. samples_test.go shows a
// breach of every rule.
package fences
