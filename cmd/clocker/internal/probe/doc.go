// Package probe looks at an installation and its machine for `clocker doctor`. Each look reads one thing, has a limit of
// time, and is given up when it does not keep it: what hangs is what is wrong. None of them changes anything.
//
// What the facts mean is decided in package doctor.
//
// Start reading at [Look].
package probe
