package provider_test

import (
	"context"
	"slices"
	"testing"

	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/provider/providertest"
)

type offers struct{ machines []provider.Machine }

func (o *offers) Offered(context.Context) ([]provider.Machine, error) { return o.machines, nil }

func (o *offers) Withdraw(_ context.Context, host string) error {
	o.machines = slices.DeleteFunc(o.machines, func(m provider.Machine) bool { return m.Host == host })
	return nil
}

func TestLocalhost(t *testing.T) {
	t.Parallel()
	o := &offers{}
	providertest.Run(t, provider.NewLocalhost(o), func(host string) {
		o.machines = append(o.machines, provider.Machine{Host: host, Address: "192.0.2.1"})
	})
}
