package forward

import "time"

// Patient has a resolver wait for its upstreams for longer than the askers of an installation would.
func (r *Resolver) Patient(d time.Duration) { r.patience = d }
