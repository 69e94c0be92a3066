// Command box is what test containers run: it serves HTTP on port 8080 and ends when told to.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// held is memory that /hold asked for.
var held []byte

func main() {
	if len(os.Args) > 2 && os.Args[1] == "do" {
		do(os.Args[2])
		return
	}
	fmt.Println("box says hello")
	fmt.Fprintln(os.Stderr, "box warns")
	if len(os.Args) > 2 && os.Args[1] == "exit" {
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	go func() { <-end; os.Exit(0) }()
	http.HandleFunc("/exit/{code}", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		os.Exit(code)
	})
	http.HandleFunc("/burn", func(http.ResponseWriter, *http.Request) {
		go func() {
			for n := 0; ; n++ {
			}
		}()
	})
	http.HandleFunc("/hold/{bytes}", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("bytes"))
		held = make([]byte, n)
		for i := 0; i < n; i += 4096 {
			held[i] = 1 // a page that nobody has written to takes no memory
		}
	})
	http.HandleFunc("/send/{bytes}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("bytes"))
		_, _ = w.Write(make([]byte, n))
	})
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "box is well") })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		os.Exit(9)
	}
}
