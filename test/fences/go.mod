module clocker.io/test/fences

go 1.26
