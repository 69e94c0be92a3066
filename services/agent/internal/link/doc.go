// Package link is the agent's side of the conversation with the control plane: registration, snapshots, orders,
// heartbeats, build contexts and logs.
//
// A registration is a strict order:
//
//	register (new epoch) --> list what is here --> complete snapshots --> remove what they lack --> report --> reconciled
//
// The same but for the first step repeats every 30 s, after a gap and after a reconnect. A part that does not arrive,
// or arrives with an error, orders nothing. Nobody is listened to in the package but control; what is done about its
// orders is done elsewhere.
//
// Start reading at [Link.Run]; sync.go is the strict order; orders.go takes what control pushes.
package link
