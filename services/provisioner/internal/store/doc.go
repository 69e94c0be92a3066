// Package store is the provisioner's tables: clouds, locations, offers of machines, and hosts.
//
// It decides nothing: states come from internal/life, numbers of hosts from internal/plan. Start reading at
// migrations/, then [Store].
package store
