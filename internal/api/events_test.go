package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

const purchase = `{"id":"o1","type":"purchase","member":"ann","time":"2026-12-02T11:00:00Z","data":{"order_id":"o1","amount":12.50}}`

// outcome is an answer to an event.
type outcome struct {
	ID        string
	Seq       uint64
	Duplicate bool
	Ruleset   string
	Effects   []map[string]any
	Notes     []map[string]any
	// of a refusal in a batch
	Line   int
	Status int
	Code   string
	Member string
	Errors []map[string]any
}

func (a *answer) outcome() (o outcome) {
	a.t.Helper()
	a.ok().json(&o)
	return o
}

func TestEvent(t *testing.T) {
	w := newWorld(t)
	first := w.do("POST", "/v1/events", purchase)
	o := first.outcome()
	require.Equal(t, "application/json", first.header.Get("Content-Type"))
	require.Equal(t, "nosniff", first.header.Get("X-Content-Type-Options"))
	require.Equal(t, "o1", o.ID)
	require.EqualValues(t, 1, o.Seq)
	require.False(t, o.Duplicate)
	require.NotEmpty(t, o.Ruleset)
	require.Equal(t, []any{"welcome", "per_euro"}, []any{o.Effects[0]["rule"], o.Effects[1]["rule"]})
	require.EqualValues(t, 25, o.Effects[1]["amount"])
	require.EqualValues(t, 1, o.Effects[2]["rank"])

	t.Run("again", func(t *testing.T) {
		again := w.do("POST", "/v1/events", strings.Replace(purchase, "12.50", "12.5", 1)).ok()
		require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
		require.EqualValues(t, 1, w.journal())
	})
	t.Run("another body", func(t *testing.T) {
		w.do("POST", "/v1/events", strings.Replace(purchase, "12.50", "99", 1)).problem(409, "event_conflict")
		require.EqualValues(t, 1, w.journal())
	})
	t.Run("explained", func(t *testing.T) {
		var x struct {
			ID          string
			Definitions []struct {
				Definition, Reason, Said, Detail, File string
				Fired                                  bool
				Line                                   int
			}
			Short []struct{ Definition string }
		}
		w.do("GET", "/v1/events/o1/explain", "").ok().json(&x)
		require.Equal(t, "o1", x.ID)
		fired := []string{}
		for _, d := range x.Definitions {
			require.NotEmpty(t, d.File)
			require.Positive(t, d.Line)
			if d.Fired {
				fired = append(fired, d.Definition)
			} else {
				require.NotEmpty(t, d.Said)
			}
		}
		require.Subset(t, fired, []string{"rules/welcome", "rules/per_euro"})
		require.NotNil(t, x.Short)
		w.do("GET", "/v1/events/o2/explain", "").problem(404, "not_found")
	})
	t.Run("as recorded", func(t *testing.T) {
		var recorded struct {
			ID, Type, Member string
			Time             calendar.Instant
			Accepted         calendar.Instant `json:"accepted_at"`
			Data             map[string]any
			Outcome          outcome
		}
		a := w.get("/v1/events/o1").ok()
		a.json(&recorded)
		require.Equal(t, "purchase", recorded.Type)
		require.Equal(t, "ann", recorded.Member)
		require.Equal(t, o, recorded.Outcome)
		require.Equal(t, map[string]any{"order_id": "o1", "amount": 12.5}, recorded.Data)
		require.Equal(t, noon, recorded.Accepted)
		require.Equal(t, 304, w.get("/v1/events/o1", "If-None-Match", a.header.Get("ETag")).status)
		w.get("/v1/events/o1", as(w.secrets["bravo"])...).problem(404, "not_found")
	})
	t.Run("in a form's clothes, as curl sends it", func(t *testing.T) {
		w.do("POST", "/v1/events", purchase, "Content-Type", "application/x-www-form-urlencoded").ok()
	})
	t.Run("exactly five minutes ahead", func(t *testing.T) {
		w.do("POST", "/v1/events", `{"id":"o2","type":"visit","member":"ann","time":"2026-12-02T12:05:00Z"}`).ok()
	})
	t.Run("an id that needs escaping in a path", func(t *testing.T) {
		w.do("POST", "/v1/events", `{"id":"a/b c?é","type":"visit","member":"../ann"}`).ok()
		w.get("/v1/events/a%2Fb%20c%3F%C3%A9").ok()
		w.get("/v1/members/..%2Fann/progress").ok()
	})
}

func TestDryRun(t *testing.T) {
	w := newWorld(t)
	o := w.do("POST", "/v1/events?dry_run=true", purchase).outcome()
	require.EqualValues(t, 25, o.Effects[1]["amount"])
	require.Zero(t, o.Seq)
	require.Zero(t, w.journal())
	w.get("/v1/members/ann").problem(404, "member_unknown")
	w.get("/v1/leaderboards/top_spenders/standings/ann").problem(404, "member_unknown")

	w.do("POST", "/v1/events?dry_run=false", purchase).ok()
	o = w.do("POST", "/v1/events?dry_run=true", purchase).outcome()
	require.True(t, o.Duplicate)
	require.EqualValues(t, 1, o.Seq)
	w.do("POST", "/v1/events?dry_run=true", amount("-0")).problem(422, "does_not_fit")
	w.do("POST", "/v1/events?dry_run=true", `{"id":"x","type":"member.put","member":"ann"}`).problem(422, "unknown_event_type")
	require.EqualValues(t, 1, w.journal())
}

// TestOneIDAtOnce sends one id twenty times at once: one effect, and the same answer for all.
func TestOneIDAtOnce(t *testing.T) {
	w := newWorld(t)
	bodies := make([]string, 20)
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() { bodies[i] = string(w.do("POST", "/v1/events", purchase).body) })
	}
	all.Wait()
	fresh := 0
	for _, b := range bodies {
		fresh += strings.Count(b, `"duplicate":false`)
		require.Equal(t, strings.Replace(bodies[0], "true", "false", 1), strings.Replace(b, "true", "false", 1))
	}
	require.Equal(t, 1, fresh)
	require.EqualValues(t, 1, w.journal())
}

// TestPrograms mixes a thousand requests of two programs and looks for anything of the other one in each answer: Fiber
// reuses its buffers, so a string kept from one request turns into another request's.
func TestPrograms(t *testing.T) {
	w := newWorld(t)
	w.do("PUT", "/v1/members/bravo-0", `{"fields":{"country":"bravo-land"}}`, as(w.secrets["bravo"])...)
	var all sync.WaitGroup
	for worker := range 20 {
		all.Go(func() {
			for i := range 50 {
				id, other, typ, field := "acme", "bravo", "purchase", `"order_id":"acme-%d","amount":1`
				if (worker+i)%2 == 0 {
					id, other, typ, field = "bravo", "acme", "sale", `"amount":%d`
				}
				n := worker*50 + i
				member := fmt.Sprintf("%s-%d", id, n)
				headers := as(w.secrets[id])
				answers := []*answer{
					w.do("PUT", "/v1/members/"+member, map[string]string{"acme": `{"name":"acme name"}`, "bravo": `{"fields":{"country":"bravo-land"}}`}[id], headers...),
					w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"%s-%d","type":"%s","member":"%s","data":{%s}}`, id, n, typ, member, fmt.Sprintf(field, n+1)), headers...),
					w.get("/v1/members/"+member+"/progress", headers...),
					w.get(fmt.Sprintf("/v1/events/%s-%d", id, n), headers...),
					w.get("/v1/leaderboards", headers...),
					w.get("/v1/members/"+other+"-0", headers...),
				}
				for k, a := range answers {
					if k == len(answers)-1 {
						if a.status != 404 {
							t.Errorf("a member of %s is seen by %s", other, id)
						}
						continue
					}
					if a.status/100 != 2 || strings.Contains(string(a.body), other) || k < 4 && !strings.Contains(string(a.body), id) {
						t.Errorf("%s, answer %d: %d %s", id, k, a.status, a.body)
					}
				}
			}
		})
	}
	all.Wait()
	require.Empty(t, w.log.String())
	for _, id := range []string{"acme", "bravo"} {
		other := map[string]string{"acme": "bravo", "bravo": "acme"}[id]
		require.NoError(t, w.stores[id].Records(1, func(_ uint64, record []byte) bool {
			require.NotContains(t, string(record), other)
			return true
		}))
	}
}

// What curl and a browser's fetch call a body that they were told nothing about is JSON.
func TestABodyWhoseTypeNobodySaidIsJSON(t *testing.T) {
	w := newWorld(t)
	for i, media := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain", "text/plain;charset=UTF-8"} {
		o := w.do("POST", "/v1/events", purchase, "Content-Type", media).outcome()
		require.Equal(t, i > 0, o.Duplicate, media)
		w.do("POST", "/v1/events/batch", "["+purchase+"]", "Content-Type", media).ok()
		w.do("PATCH", "/v1/members/ann", `{"name":"Ann"}`, "Content-Type", media).ok()
	}
	w.do("POST", "/v1/events", purchase, "Content-Type", "text/html").problem(415, "media_type_refused")
}
