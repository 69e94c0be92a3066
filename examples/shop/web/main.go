package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	address := os.Getenv("STORE")
	if address == "" {
		log.Fatal("STORE is not set: want host:port of the store")
	}
	// Clocker sets these in every container.
	self := Self{
		Container: os.Getenv("CLOCKER_CONTAINER"), Address: os.Getenv("CLOCKER_ADDRESS"), Host: os.Getenv("CLOCKER_HOST"),
	}
	server := &http.Server{
		Addr:              ":8080",
		Handler:           Pages(self, Store{Address: address, Timeout: time.Second}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Printf("%s answers on %s, store %s", self.Container, server.Addr, address)
	if err := serve(server); err != nil {
		log.Fatal(err)
	}
}

// serve answers until SIGTERM or SIGINT, then lets the requests that are under way finish.
func serve(server *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		done <- server.Shutdown(last)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-done
}
