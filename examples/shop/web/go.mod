module clocker.io/examples/shop

go 1.26
