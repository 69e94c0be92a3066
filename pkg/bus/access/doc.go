// Package access makes the identities of an installation in NATS and keeps them in a directory: an operator, a system
// account, the account CLOCKER with its signing key, and a credentials file for each user of package rights.
//
//	nats-auth/keys/      seeds of the operator, the accounts and the signing key: for whoever makes users
//	nats-auth/server/    what a NATS server needs: signed claims, no secret
//	nats-auth/users/     <user>.creds, each for one process: its claims and its seed
//
// The server learns everything about a user from what the user shows: nothing is told to it when a user is added.
// Only this package and embed know of JSON web tokens and nkeys.
//
// Start reading at [Make].
package access
