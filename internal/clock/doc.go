// Package clock tells programs what time it is, and does not believe a wall clock that jumps: points expire by it.
//
//	clock.go   the wall clock, checked against the time that has passed since the machine started
//	sandbox.go a clock that an administrator moves forward, for programs that are a sandbox
package clock
