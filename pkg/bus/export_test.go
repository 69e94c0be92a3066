package bus

// Subscriptions is how many there are of this connection.
func (c *Conn) Subscriptions() int { return c.nc.NumSubscriptions() }

// Dear makes the stream one of a server that syncs each record, or not, as if that had been measured just now.
func (s *Stream) Dear(dear bool) { s.dear, s.probe = dear, probeEvery }
