// Package integer converts between integers whose ranges differ: to the same bits, or with a check.
package integer

import "fmt"

// Bits returns the same 64 bits without a sign. Signed is its inverse.
func Bits(n int64) uint64 { return uint64(n) } //nolint:gosec // below zero it wraps, which is what it is for

// Signed returns the same 64 bits with a sign. Bits is its inverse.
func Signed(n uint64) int64 { return int64(n) } //nolint:gosec // above the largest it wraps, which is what it is for

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Exact returns n as another type that can hold it. It is for numbers that are known to fit, and panics when one does not.
func Exact[To, From integer](n From) To {
	to := To(n)
	if From(to) != n || (to < 0) != (n < 0) {
		panic(fmt.Sprintf("integer: %d does not fit into %T", n, to))
	}
	return to
}
