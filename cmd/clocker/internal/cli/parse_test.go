package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"clocker.io/cmd/clocker/internal/client"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		want  target
		fails bool
	}{
		{"shop", target{"shop", "", -1}, false},
		{"shop/web", target{"shop", "web", -1}, false},
		{"shop/web/0", target{"shop", "web", 0}, false},
		{"shop/web/12", target{"shop", "web", 12}, false},
		{"", target{}, true},
		{"shop/", target{}, true},
		{"shop/web/", target{}, true},
		{"shop/web/-1", target{}, true},
		{"shop/web/01", target{}, true},
		{"shop/web/x", target{}, true},
		{"shop/web/0/1", target{}, true},
		{"Shop", target{}, true},
		{"shop web", target{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := parseTarget(tt.text)
			if (err != nil) != tt.fails || (err == nil && got != tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if err == nil && got.String() != tt.text {
				t.Errorf("written %s", got)
			}
			if err != nil && codeOf(err) != exitUsage {
				t.Errorf("exit code %d", codeOf(err))
			}
		})
	}
}

func TestParseScale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		size  int
		fails bool
	}{
		{"shop/web=3", 3, false}, {"shop/web=0", 0, false}, {"shop/web", 0, true}, {"shop=3", 0, true},
		{"shop/web/0=3", 0, true}, {"shop/web=-1", 0, true}, {"shop/web=x", 0, true}, {"=3", 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, size, err := parseScale(tt.text)
			if (err != nil) != tt.fails || size != tt.size {
				t.Errorf("got %v, %d, %v", got, size, err)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	problem := func(status int, code string) error {
		return fmt.Errorf("deploy: %w", &client.Problem{Status: status, Code: code})
	}
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, 0},
		{"anything", errors.New("x"), 1},
		{"bad blueprint", problem(400, "invalid"), 1},
		{"usage", &usageError{"x"}, 2},
		{"not found", problem(404, "not-found"), 3},
		{"no token", problem(401, "unauthorized"), 4},
		{"denied", problem(403, "denied"), 4},
		{"conflict", problem(409, "conflict"), 5},
		{"time", &stillRunning{code: exitTime, text: "x"}, 6},
		{"no host", &stillRunning{code: exitImpossible, text: "x"}, 7},
		{"no capacity", problem(409, "exhausted"), 7},
		{"interrupted", context.Canceled, 130},
		{"broken API", problem(500, ""), 1},
		{"not there", &client.Unreachable{}, 1},
		{"failed operation", &operationFailed{}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := codeOf(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}
