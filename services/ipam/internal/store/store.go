package store

import (
	"context"
	"embed"
	"io/fs"
	"net/netip"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/services/ipam/internal/life"
	"clocker.io/services/ipam/internal/pool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is ipam's part of the database.
func Schema() pg.Schema {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return pg.Schema{Name: "ipam", Migrations: sub}
}

// FirstVNI is where the numbers of networks start unless told otherwise, and LastVNI where those of VXLAN end.
const (
	FirstVNI = 100
	LastVNI  = 1<<24 - 1
)

// Options say how addresses are given out and who is woken after a commit.
type Options struct {
	Pool     pool.Settings
	MTU      int           // of new networks, bytes
	CoolDown time.Duration // before a freed address or network is given out again
	FirstVNI int           // of the first network that is made; zero is FirstVNI
	// Push is told which host's view of a network has changed; it must not block.
	Push func(network, host string)
	// Retry is told which application's parked containers, or all for "", may go on; it must not block.
	Retry func(uid string)
}

// Store is the tables of ipam within one transaction. It is not safe for concurrent use.
type Store struct {
	tx   *pg.Tx
	opts Options
}

// Bind makes stores for a unit of work.
func Bind(opts Options) func(*pg.Tx) *Store {
	return func(tx *pg.Tx) *Store { return &Store{tx: tx, opts: opts} }
}

// CheckFence makes sure that a single role is still held; see pg.Tx.
func (s *Store) CheckFence(ctx context.Context, f pg.Fence) error { return s.tx.CheckFence(ctx, f) }

// Container is everything known of a container and its application's network. The caller changes Life, Address,
// Parked and, through Lease, Network and Gateways; Save finds the difference.
type Container struct {
	clocker.Container
	Gone     bool // the application is gone: nothing is kept or stated any more
	Network  *Network
	Gateways map[string]netip.Addr // of the network, by host
	Address  netip.Addr            // leased; invalid when none is
	Life     life.Life
	Parked   *Parked

	was stored
}

// Network is an application's network and what is left of it.
type Network struct {
	VNI      int
	MTU      int
	IPRange  netip.Prefix
	Space    pool.Space
	Revision int64
	Gone     bool
}

// Parked is a placed container that got no address, and why.
type Parked struct {
	Placed events.ContainerPlaced
	Reason string
}

// stored is what the tables held when a container was looked at.
type stored struct {
	network  Network
	gateways map[string]netip.Addr
	address  netip.Addr
	endpoint netip.Addr // address of the endpoint's row, which outlives the lease
	life     life.Life
	parked   *Parked
	known    bool // the endpoint has a row
}

// Lease makes sure that the container has an address and its host a gateway. The error is pool's, and nothing is
// changed then.
func (c *Container) Lease(host string) error {
	space := c.Network.Space
	gateway, address := c.Gateways[host], c.Address
	var err error
	if !gateway.IsValid() {
		if gateway, err = space.Gateway(); err != nil {
			return err
		}
	}
	if !address.IsValid() {
		if address, err = space.Lease(); err != nil {
			return err
		}
	}
	c.Network.Space, c.Address, c.Gateways[host] = space, address, gateway
	return nil
}

// Release gives the container's address back: it cools down, then it is anybody's.
func (c *Container) Release() { c.Address = netip.Addr{} }

// Answered is the address that the container has, or had last; invalid when it never had one.
func (c *Container) Answered() netip.Addr {
	if c.Address.IsValid() {
		return c.Address
	}
	return c.was.endpoint
}

// Before is the life as it was when the container was looked at.
func (c *Container) Before() life.Life { return c.was.life }
