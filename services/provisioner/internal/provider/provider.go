package provider

import (
	"context"
	"errors"

	"clocker.io/pkg/clocker"
)

// ErrNone means that a location has no machine to give now; trying later may help.
var ErrNone = errors.New("no machine is there")

// Machine is one that has a Docker Engine and our agent, or will have.
type Machine struct {
	Host     string // id
	Address  string
	Capacity clocker.Capacity
	Engine   clocker.Engine
}

// Spec says which machine is wanted; an empty Host leaves the choice to the provider.
type Spec struct {
	Host string
}

// Provider makes machines of one kind of location, and removes them. Its verbs may be called concurrently and again
// after any failure.
type Provider interface {
	// Name is the kind, as locations name it.
	Name() string
	// Ensure gives the machine that spec asks for, finding it before making it: twice the same is one machine. Without
	// one to give it answers ErrNone.
	Ensure(ctx context.Context, spec Spec) (Machine, error)
	// List gives every machine of ours that exists, ordered by preference.
	List(ctx context.Context) ([]Machine, error)
	// Absent removes a machine. It succeeds when there is none.
	Absent(ctx context.Context, host string) error
}
