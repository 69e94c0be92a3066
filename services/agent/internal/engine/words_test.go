package engine

import (
	"reflect"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
		port             *Port
	}{
		{"port held by a program", "Error response from daemon: driver failed programming external connectivity on endpoint x (abc): Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use", "host port 8080 is held by another program", &Port{"tcp", 8080, false}},
		{"port held by a program, Engine 27", "failed to set up container networking: driver failed programming external connectivity on endpoint x (abc): failed to bind host port for 127.0.0.1:8080:172.17.0.2:80/tcp: address already in use", "host port 8080 is held by another program", &Port{"tcp", 8080, false}},
		{"port held by a program, Engine 28", "failed to set up container networking: driver failed programming external connectivity on endpoint x (abc): failed to bind host port 0.0.0.0:53/udp: address already in use", "host port 53 is held by another program", &Port{"udp", 53, false}},
		{"port held by a program, IPv6", "failed to bind host port [::1]:8080/tcp: address already in use", "host port 8080 is held by another program", &Port{"tcp", 8080, false}},
		{"port held by a program, IPv6 of old", "listen tcp6 [::]:8080: bind: address already in use", "host port 8080 is held by another program", &Port{"tcp", 8080, false}},
		{"port held by a container", "driver failed programming external connectivity on endpoint x (abc): Bind for 127.0.0.1:49001 failed: port is already allocated", "host port 49001 is held by another container", &Port{"", 49001, true}},
		{"port held by a container, IPv6", "Bind for :::49001 failed: port is already allocated", "host port 49001 is held by another container", &Port{"", 49001, true}},
		{"udp port", "listen udp 0.0.0.0:53: bind: address already in use", "host port 53 is held by another program", &Port{"udp", 53, false}},
		{"port not allowed", "listen tcp4 127.0.0.1:80: bind: permission denied", "the Docker Engine may not use host port 80", nil},
		{"no command", `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "web": executable file not found in $PATH: unknown`, "the image has no command web", nil},
		{"no file", `OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/none": stat /none: no such file or directory: unknown`, "the image has no command /none", nil},
		{"address", "Address already in use", "its address is held by another container on its network", nil},
		{"anything else", "Error response from daemon: out of cheese", "out of cheese", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := refusalOf(tt.text)
			if got.Reason != tt.want || !reflect.DeepEqual(got.Port, tt.port) {
				t.Errorf("got %q, port %v; want %q, port %v", got.Reason, got.Port, tt.want, tt.port)
			}
		})
	}
}

func TestPullRefusal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		retry      bool
		want       string
	}{
		{"no resolver", `Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host`, true, "does not answer"},
		{"refused", `Get "http://localhost:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused`, true, "does not answer"},
		{"busy", "toomanyrequests: You have reached your pull rate limit", true, "does not answer"},
		{"server error", "received unexpected HTTP status: 503 Service Unavailable", true, "does not answer"},
		{"no tag", "manifest for redis:none not found: manifest unknown: manifest unknown", false, "does not exist"},
		{"denied", "pull access denied for none, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", false, "may not be pulled without an account"},
		{"anything else", "invalid checksum digest", false, "docker.io/library/redis:7 cannot be pulled: invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := pullRefusal("docker.io/library/redis:7", tt.text)
			if r.Retry != tt.retry || !strings.Contains(r.Reason, tt.want) {
				t.Errorf("got %v %q, want %v %q", r.Retry, r.Reason, tt.retry, tt.want)
			}
			if !strings.HasPrefix(r.Reason, "docker.io/library/redis:7 ") { // policy puts before it whose image it is
				t.Errorf("%q does not begin with the reference", r.Reason)
			}
		})
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	var b tail
	for range 30 {
		b.write("a")
		b.write("b\nc")
		b.write("\n\n")
	}
	b.write("end")
	got := b.last()
	if len(got) != tailLines && len(got) != tailLines+1 || got[len(got)-1] != "end" || got[len(got)-2] != "c" || got[len(got)-3] != "ab" {
		t.Errorf("tail %q", got)
	}
}

func TestTailHasNoColours(t *testing.T) {
	t.Parallel()
	var b tail
	b.write("\x1b[91mred\x1b[0m and\a plain\r\n")
	if got := b.last(); len(got) != 1 || got[0] != "red and plain" {
		t.Errorf("tail %q", got)
	}
}
