package cases

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// semanticCase is a case about this program's own semantics.
type semanticCase struct {
	ID       string          `json:"id"`
	Area     string          `json:"area"`
	Words    string          `json:"rule_in_words"`
	Config   json.RawMessage `json:"config"`
	Timeline []*step         `json:"timeline"`
	query
	Also     []query `json:"also"`
	Verified bool    `json:"verified_by_model"`
}

// query is what is expected when all steps up to an instant have been accepted.
type query struct {
	At       calendar.Instant `json:"query_at"`
	Expected map[string]any   `json:"expected"`
}

// step is one thing that happens. Which fields it has depends on its action.
type step struct {
	At       calendar.Instant  `json:"at"`
	Occurred *calendar.Instant `json:"occurred_at"`
	Action   string            `json:"action"`
	ID       string            `json:"id"`
	Member   string            `json:"member"`
	Zone     string            `json:"zone"`
	Board    string            `json:"board"`
	Tenant   string            `json:"tenant"`

	Points      *json.Number      `json:"points"`
	Value       *json.Number      `json:"value"`
	Order       string            `json:"order"`
	Minor       *int64            `json:"amount_minor"`
	Lines       []int64           `json:"lines_minor"`
	Multipliers []json.Number     `json:"multipliers"`
	Pending     bool              `json:"pending"`
	ReleaseAt   *calendar.Instant `json:"release_at"`
	ExpiresAt   *calendar.Instant `json:"expires_at"`
	Spend       string            `json:"spend"`
	Hold        string            `json:"hold"`
	Timeout     int64             `json:"timeout_s"`

	Referrer    string `json:"referrer"`
	Referee     string `json:"referee"`
	Fingerprint string `json:"shared_fingerprint"`

	Body    json.RawMessage `json:"body"`
	RawBody *string         `json:"raw_body"`

	Seconds  int64        `json:"seconds"`
	Version  int          `json:"version"`
	PerEvent *json.Number `json:"points_per_event"`

	number int // its place in the timeline, from 1
}

// soleMember is who a step without a member is of.
const soleMember = "m1"

func (s *step) member() string {
	if s.Member == "" {
		return soleMember
	}
	return s.Member
}

// name is the id of a step's event.
func (s *step) name() string {
	if s.ID != "" {
		return s.ID
	}
	return "step/" + strconv.Itoa(s.number)
}

// family translates the cases of an area.
type family interface {
	// ruleset is what is in force from the start; "" when a step publishes it.
	ruleset() string
	// begin comes before the first step, once the ruleset is in force.
	begin(w *world, timeline []*step)
	// step does what a step says.
	step(w *world, s *step)
	// look is what is true now of something that is expected. Its value is only told to those who ask for several things
	// by name.
	look(w *world, key string, want any) any
}

// families are the translators, each for the areas whose cases are of its form.
var families = map[string]func(c *semanticCase, world func() *world) family{
	"lots_expiry":              newLedger,
	"pending_and_holds":        newLedger,
	"refunds":                  newLedger,
	"rounding_and_multipliers": newIdempotency,
	"ordering_and_clocks":      newOrdering,
	"idempotency":              newIdempotency,
	"caps":                     newCaps,
	"streaks":                  newStreak,
	"challenges":               newChallenge,
	"tiers":                    newTiers,
	"leaderboards":             newBoard,
	"referrals":                newReferral,
	"schedules_and_promotions": newSchedule,
	"erasure":                  newErasure,
}

func (c *semanticCase) id() string    { return c.ID }
func (c *semanticCase) words() string { return c.Words }

func (c *semanticCase) run(world func() *world, differs func(format string, args ...any)) {
	build := families[c.Area]
	if build == nil {
		cannot("there is no translator for the area %s", c.Area)
	}
	f, w := build(c, world), world()
	if len(c.Timeline) > 0 {
		w.now = c.Timeline[0].At.Add(-time.Second)
	}
	if text := f.ruleset(); text != "" {
		w.publish(text)
	}
	for i, s := range c.Timeline {
		s.number = i + 1
	}
	f.begin(w, c.Timeline)
	queries := append([]query{c.query}, c.Also...)
	slices.SortStableFunc(queries, func(a, b query) int { return int(min(max(a.At-b.At, -1), 1)) })
	rest, skew := c.Timeline, time.Duration(0)
	for _, q := range queries {
		for ; len(rest) > 0 && rest[0].At <= q.At; rest = rest[1:] {
			w.reach(rest[0].At.Add(skew))
			switch s := rest[0]; s.Action {
			case "clock_step":
				skew += time.Duration(s.Seconds) * time.Second
			case "job_runs":
				w.runJobs(w.now)
			case "server_down":
				w.jobs, w.down = false, w.jobs
			case "server_up": // what fell due meanwhile is made up for
				w.restart()
				w.jobs = w.down
				w.runJobs(w.now)
			default:
				f.step(w, s)
			}
		}
		w.reach(q.At.Add(skew))
		w.resume()
		var expected []expectation
		for _, key := range sortedKeys(q.Expected) {
			expected = append(expected, expectation{key, q.Expected[key]})
		}
		compare(expected, func(key string, want any) any { return f.look(w, key, want) }, differs, "at "+q.At.String()+" ")
	}
}

// asked are the ids of the steps whose results are expected.
func (c *semanticCase) asked() map[string]bool {
	ids := map[string]bool{}
	for _, q := range append([]query{c.query}, c.Also...) {
		switch results := q.Expected["results"].(type) {
		case map[string]any:
			for id := range results {
				ids[id] = true
			}
		case []any:
			for _, x := range results {
				id, _ := asObject(x)["id"].(string)
				ids[id] = true
			}
		}
	}
	return ids
}

// configure reads a case's settings, all of which a family has to know.
func (c *semanticCase) configure(into any) {
	if err := strict(c.Config, into); err != nil {
		cannot("the settings are not understood: %v", err)
	}
}

// unknown stops the case at what a family does not know.
func unknown(kind, name string) any {
	cannot("the %s %q is not understood", kind, name)
	return nil
}
