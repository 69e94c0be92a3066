// Package bridge sets the hardware address of a network's Linux bridge, and lists what else the machine routes, by netlink.
//
// A gateway's MAC follows from its address like every other, so that no neighbour cache is ever wrong; Docker gives a
// bridge a random one each time it makes it. What others route here, ipam keeps away from. The package never makes, removes or
// routes anything.
package bridge
