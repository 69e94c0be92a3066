package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// fakeStore answers every command with reply(command) on a port of its own, and gives its address.
func fakeStore(t *testing.T, reply func(command string) string) Store {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.WriteString(conn, reply(readCommand(bufio.NewReader(conn))))
			}()
		}
	}()
	return Store{Address: listener.Addr().String(), Timeout: 2 * time.Minute}
}

// readCommand reads an array of strings: *2, $4, INCR, $6, visits.
func readCommand(r *bufio.Reader) string {
	line := func() string {
		s, _ := r.ReadString('\n')
		return strings.TrimSpace(s)
	}
	var words []string
	for range strings.TrimPrefix(line(), "*")[0] - '0' {
		line()
		words = append(words, line())
	}
	return strings.Join(words, " ")
}

func TestIncrement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, reply string
		want        int64
		err         string
	}{
		{name: "number", reply: ":41\r\n", want: 41},
		{name: "refusal", reply: "-ERR value is not an integer\r\n", err: "store refused INCR: ERR value is not an integer"},
		{name: "no number", reply: "+OK\r\n", err: `store answered "OK" where a number was due`},
		{name: "other reply", reply: "$-1\r\n", err: `store answered "$-1", which is no reply to INCR`},
		{name: "hangs up", reply: "", err: "read store's reply: EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 1)
			store := fakeStore(t, func(command string) string {
				asked <- command
				return tt.reply
			})
			got, err := store.Increment(t.Context(), "visits")
			if got != tt.want || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("Increment = %d, %v; want %d, %q", got, err, tt.want, tt.err)
			}
			if command := <-asked; command != "INCR visits" {
				t.Errorf("store was asked %q", command)
			}
		})
	}
}

func TestPingSaysThatNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = Store{Address: listener.Addr().String(), Timeout: time.Second}.Ping(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "reach store: ") {
		t.Errorf("Ping = %v", err)
	}
}
