package control

import (
	"context"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"
)

// Offers are the offers that agents made to a location, as a provider sees them.
type Offers struct {
	DB       *pg.DB
	Location string
}

var _ provider.Offers = Offers{}

// Offered lists them, latest first.
func (o Offers) Offered(ctx context.Context) (machines []provider.Machine, err error) {
	err = o.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		machines, err = store.New(tx).Offered(ctx, o.Location)
		return err
	})
	return machines, err
}

// Withdraw forgets one.
func (o Offers) Withdraw(ctx context.Context, host string) error {
	return pg.NewUnit(o.DB, store.New).Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return nil, s.Withdraw(ctx, host)
	})
}
