// Package ipam is the owner of networks, addresses and endpoints: which network an application has, which address each
// of its containers has for life, and which generation on which host that address belongs to.
//
// It never decides where a container runs or whether it should, and never touches a host: agents and dns are told, and
// ask.
//
// Start reading at [New], then internal/addressing, what happens on each fact. The decisions are in internal/pool
// (addresses) and internal/life (generations), both pure.
package ipam
