// Package enginetest is what tests of the engine and of its stores share: the conformance suite that
// every Store passes, and the checker of the invariants that hold after every event.
package enginetest
