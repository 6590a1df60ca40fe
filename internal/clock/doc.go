// Package clock tells programs what time it is, and does not believe a wall clock that jumps or that nobody vouches for after
// a long silence: points expire by it.
//
//	clock.go   the wall clock, checked against the time that has passed since the machine started, and the last acceptance
//	alarm.go   what is wrong with it, what waits meanwhile, and the way out
//	vouch.go   those who may vouch for it: the kernel, another machine
//	sandbox.go a clock that an administrator moves forward, for programs that are a sandbox
package clock
