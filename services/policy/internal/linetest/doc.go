// Package linetest plays everybody around policy for its tests: users, scheduler, ipam, imagebuilder and the agent of
// one host, whose messages wait in a pool until a test delivers them, in any order and as often as it likes.
//
// It is used by tests alone and checks nothing itself but what must hold after every step.
//
// Start reading at [World].
package linetest
