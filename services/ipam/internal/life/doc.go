// Package life follows one container identity through its generations: which of them its address belongs to, and when
// one that is withdrawn has let go of it.
//
// It takes values and gives values: no context, clock, logger or database. It knows nothing of addresses and networks.
//
//	Place ──> Live ──Withdraw, Remove──> Released
//	   └────> Next ──Live is gone──> Live
//
// Facts come in any order. The rules: an address names one generation at a time and passes to a newer one only when the
// older is known to be gone; a generation lets go after all older ones that are known, so that who hears of the last one
// knows that none holds anything; a withdrawn generation, and all before it, is never placed again.
//
// Start reading at [Life].
package life
