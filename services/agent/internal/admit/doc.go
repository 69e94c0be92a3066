// Package admit refuses assignments that the control plane should never have allowed, whatever it says.
//
// It is pure, and the second of two locks: policy refuses first. It never repairs an assignment.
//
// Start reading at [Check].
package admit
