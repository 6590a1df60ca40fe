package api

import (
	"slices"
	"time"

	"github.com/laurel-engine/laurel/internal/keys"
)

// NewAddresses is a limit for each address.
func NewAddresses(rate Rate) func(address string, now time.Time) time.Duration {
	a := newAddresses(rate)
	return a.take
}

// Shown is a path as documents write it.
var Shown = shown

// Route is a line of the route table, for tests that go through all of them.
type Route struct {
	Method, Path string
	Scope        keys.Scope
	Body         int
	Action       string // in the audit log
	Unrecorded   bool
}

// Routes are all routes that a key opens.
func Routes() []Route { return shownRoutes(routes) }

// MemberRoutes are those that a member's token opens.
func MemberRoutes() []Route { return shownRoutes(memberRoutes) }

// ServerRoutes are those that a key of the server opens.
func ServerRoutes() []Route { return shownRoutes(serverRoutes) }

func shownRoutes(routes []route) []Route {
	list := make([]Route, len(routes))
	for i, r := range routes {
		list[i] = Route{r.method, r.path, r.scope, r.body, r.action(), slices.Contains(unrecorded, target{r.method, r.path})}
	}
	return list
}
