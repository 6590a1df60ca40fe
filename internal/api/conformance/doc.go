// Package conformance holds what is sent to the API, and what it answers, against its description. It is for tests: they send what they send
// through a Transport, which reports every request that was accepted and every answer that does not fit, and knows what was never tried.
package conformance
