// Package api serves Laurel over HTTP. All routes stand in routes.go, each file beside it is one noun, and
// every refusal leaves through the one table in problems.go.
//
// The path of a request:
//
//	fasthttp ──> route.serve ──> key: Authorization, limits, scope     (access.go, limits.go)
//	                             body: size, encoding, query names      (server.go, parameters.go)
//	                             handler ──> program.Program            (events.go, members.go, …)
//	                             problem+json for an error              (problems.go)
//
// The key decides the program; nothing else in a request is asked for it. Nothing of Fiber's buffers outlives a handler:
// what is kept is copied when it is read.
//
// Two listeners: the public one for apps, and one for operators with metrics, health and profiles (operators.go).
package api
