module clocker.io/test/e2e

go 1.26.0

require clocker.io/pkg v0.0.0

replace clocker.io/pkg => ../../pkg
