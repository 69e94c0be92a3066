// Package providertest is the contract of providers as a test: what each of them must pass.
//
// It never tests how a provider works inside. Start reading at [Run].
package providertest

import (
	"errors"
	"reflect"
	"testing"

	"clocker.io/services/provisioner/internal/provider"
)

// Run tests a provider that has no machines at first. appear lets it be able to give one machine with this id, and is
// all that a provider which finds its machines needs; others may ignore it.
func Run(t *testing.T, p provider.Provider, appear func(host string)) {
	t.Helper()
	ctx := t.Context()
	if p.Name() == "" {
		t.Error("a provider has a name")
	}
	if got := list(t, p); len(got) != 0 {
		t.Fatalf("List = %v before there is a machine", got)
	}
	if err := p.Absent(ctx, "nobody"); err != nil {
		t.Errorf("Absent of nobody: %v", err)
	}
	appear("alpha")
	first, err := p.Ensure(ctx, provider.Spec{Host: "alpha"})
	if err != nil || first.Host != "alpha" {
		t.Fatalf("Ensure = %+v, %v; want alpha", first, err)
	}
	again, err := p.Ensure(ctx, provider.Spec{Host: "alpha"})
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("Ensure again = %+v, %v; want the same machine %+v", again, err, first)
	}
	if got := list(t, p); len(got) != 1 || !reflect.DeepEqual(got[0], first) {
		t.Errorf("List = %v, want %v alone", got, first)
	}
	if any, err := p.Ensure(ctx, provider.Spec{}); err != nil || any.Host == "" {
		t.Errorf("Ensure of any machine = %+v, %v", any, err)
	}
	for range 2 {
		if err := p.Absent(ctx, "alpha"); err != nil {
			t.Errorf("Absent: %v", err)
		}
	}
	for _, m := range list(t, p) {
		if m.Host == "alpha" {
			t.Error("List still has a machine that is absent")
		}
	}
	if _, err := p.Ensure(ctx, provider.Spec{Host: "nobody"}); err != nil && !errors.Is(err, provider.ErrNone) {
		t.Errorf("Ensure of nobody: %v, want a machine or ErrNone", err)
	}
}

func list(t *testing.T, p provider.Provider) []provider.Machine {
	t.Helper()
	machines, err := p.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return machines
}
