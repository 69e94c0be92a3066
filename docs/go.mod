module clocker.io/docs

go 1.26.0
