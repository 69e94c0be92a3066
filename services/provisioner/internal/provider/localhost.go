package provider

import (
	"context"
	"fmt"
)

// Offers are the machines whose agents offered themselves, latest first; the provisioner's store is one.
type Offers interface {
	Offered(ctx context.Context) ([]Machine, error)
	Withdraw(ctx context.Context, host string) error
}

// Localhost is the provider of location localhost: it makes nothing, its machines are those whose agents offered
// themselves.
type Localhost struct {
	offers Offers
}

var _ Provider = Localhost{}

// NewLocalhost makes the provider over the offers that agents made.
func NewLocalhost(offers Offers) Localhost { return Localhost{offers: offers} }

// Name is localhost.
func (Localhost) Name() string { return "localhost" }

// Ensure finds the machine among the offers.
func (l Localhost) Ensure(ctx context.Context, spec Spec) (Machine, error) {
	machines, err := l.List(ctx)
	if err != nil {
		return Machine{}, err
	}
	for _, m := range machines {
		if spec.Host == "" || spec.Host == m.Host {
			return m, nil
		}
	}
	return Machine{}, ErrNone
}

// List gives the offers, latest first.
func (l Localhost) List(ctx context.Context) ([]Machine, error) {
	machines, err := l.offers.Offered(ctx)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return machines, nil
}

// Absent forgets the offer. The machine is its user's and stays; while its agent lives it offers itself again.
func (l Localhost) Absent(ctx context.Context, host string) error {
	if err := l.offers.Withdraw(ctx, host); err != nil {
		return fmt.Errorf("withdraw offer of %s: %w", host, err)
	}
	return nil
}
