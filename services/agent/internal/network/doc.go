// Package network keeps the Docker networks that this host needs: made as soon as control tells of one, off the path of
// the containers that will attach to it; with the bridge's MAC that belongs to its gateway; removed when control says
// so and nothing uses it any more.
//
// It never leases an address and never touches a network without our label. Start reading at [Fabric.Reconcile].
package network
