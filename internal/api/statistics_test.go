package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

const counted = `
program: counted
currency: EUR
activity: [purchase]
events: {purchase: {amount: money}, visit: {}}
points:
  stars: {worth: 0.01 EUR, expire: 12 months after earning}
  gems: {}
rules:
  per_euro: {when: purchase, give: {stars: event.amount}, limit: 100 stars per day}
  happy: {when: purchase, during: happy_hour, give: {gems: 1}}
boosts: {double: {of: stars, times: 2, during: happy_hour}}
promotions: {happy_hour: {on_call: true, open_for: 2 hours}}
challenges: {spend: {when: purchase, add: event.amount, goal: 100, give: {gems: 5}}}
streaks: {weekly: {when: visit, every: week}}
tiers: {club: {earned: stars, levels: {green: 0, gold: 50}}}
counters: {visits: {when: visit}}
leaderboards: {visits: {counter: visits}}
rewards: {cup: {cost: {stars: 20}}}
`

// What happened is what statistics tell, of the day on which it happened.
func TestStatistics(t *testing.T) {
	w := newWorld(t)
	key := w.add("counted", counted)
	do := func(method, path, body string, more ...string) *answer {
		return w.do(method, path, body, append(key, more...)...)
	}
	get := func(path string, into any) {
		t.Helper()
		require.NoError(t, json.Unmarshal(do("GET", path, "").ok().body, into), path)
	}
	send := func(body string) { t.Helper(); do("POST", "/v1/events", body).ok() }

	send(`{"id":"p1","type":"purchase","member":"ann","data":{"amount":30}}`)
	send(`{"id":"p2","type":"purchase","member":"bob","time":"2026-11-30T12:00:00Z","data":{"amount":60}}`)
	send(`{"id":"v1","type":"visit","member":"bob"}`)
	send(`{"id":"v2","type":"visit","member":"cid"}`)
	do("POST", "/v1/promotions/happy_hour/fire", "{}", "Idempotency-Key", "f1").ok()
	send(`{"id":"p3","type":"purchase","member":"ann","data":{"amount":80}}`)
	send(`{"id":"p4","type":"purchase","member":"cid","data":{"amount":5}}`)
	do("POST", "/v1/events/p4/void", "").ok()
	do("POST", "/v1/members/ann/claims", `{"reward":"cup"}`, "Idempotency-Key", "c1").ok()
	do("POST", "/v1/claims/c1/confirm", "", "Idempotency-Key", "c2").ok()

	_, partner := w.key(keys.Request{Program: "counted", Name: "partner", Scopes: []keys.Scope{keys.EventsWrite}, Partner: "bakery"})
	w.do("POST", "/v1/events", `{"id":"b1","type":"visit","member":"cid"}`, as(partner)...).ok()

	var overview struct {
		Seq     uint64 `json:"as_of_seq"`
		Moves   string `json:"moves_from"`
		Members struct{ Total, New int }
		Active  struct {
			Today int `json:"today"`
			Week  int `json:"days_7"`
		}
		Events []struct {
			Type                   string
			Accepted, Late, Voided int
		}
		Points []struct {
			Points                     string
			Issued, Spent, Outstanding float64
			Worth                      struct{ Amount float64 }
		}
		Claims []struct {
			Claimed, Confirmed int
			Points             []struct{ Taken float64 }
		}
		Partners []struct {
			Partner string
			Events  int
		}
		Series []struct {
			Period string
			Active int
		}
	}
	get("/v1/stats/overview?from=2026-11-01&to=2026-12-02", &overview)
	require.Equal(t, w.programs["counted"].Program.Durable(), overview.Seq)
	require.Equal(t, "2026-11-29", overview.Moves)
	require.Equal(t, 3, overview.Members.Total)
	require.Equal(t, 3, overview.Members.New)
	require.Equal(t, 1, overview.Active.Today, "ann; cid's purchase was voided, and a visit is no activity")
	require.Equal(t, 2, overview.Active.Week)
	for _, e := range overview.Events {
		if e.Type == "purchase" {
			require.Equal(t, []int{4, 1, 1}, []int{e.Accepted, e.Late, e.Voided})
		}
	}
	stars := overview.Points[1]
	require.Equal(t, "stars", stars.Points)
	require.InDelta(t, -20, stars.Spent, 0)
	require.InDelta(t, stars.Outstanding/100, stars.Worth.Amount, 0)
	require.Equal(t, []int{1, 1}, []int{overview.Claims[0].Claimed, overview.Claims[0].Confirmed})

	require.InDelta(t, 20, overview.Claims[0].Points[0].Taken, 0)
	require.Len(t, overview.Partners, 1)
	require.Equal(t, 1, overview.Partners[0].Events)

	var forward struct {
		Balanced bool
		Rows     []struct {
			Period                                    string
			Opening, Issued, Reversed, Spent, Closing float64
			Balanced                                  bool
			Until                                     string `json:"moves_until"`
		}
	}
	get("/v1/stats/points?points=stars&from=2026-11-01&to=2026-12-31", &forward)
	require.True(t, forward.Balanced)
	require.Len(t, forward.Rows, 2)
	require.InDelta(t, 60, forward.Rows[0].Issued, 0, "what came late is of the day on which it happened")
	require.Equal(t, "2026-11", forward.Rows[0].Period)
	require.Equal(t, "2026-12-04T00:00:00Z", forward.Rows[0].Until)
	december := forward.Rows[1]
	require.InDelta(t, 60, december.Opening, 0)
	require.InDelta(t, stars.Outstanding, december.Closing, 0)
	require.Negative(t, december.Reversed)
	get("/v1/stats/points?points=gems&by=day", &forward)
	require.True(t, forward.Balanced)

	var owed struct {
		Outstanding, Live, Held float64
		ByMonth                 []struct {
			Month  string
			Amount float64
		} `json:"by_expiry_month"`
		Breakage struct{ Months []struct{ Spent float64 } }
	}
	get("/v1/stats/liability?points=stars", &owed)
	require.InDelta(t, stars.Outstanding, owed.Outstanding, 0)
	require.Equal(t, "2027-12", owed.ByMonth[len(owed.ByMonth)-1].Month)
	require.InDelta(t, 20, owed.Breakage.Months[len(owed.Breakage.Months)-1].Spent, 0)

	var back struct {
		Cohorts []struct {
			Members int
			Active  []int
		}
		Months []struct{ Active, Kept, New int }
	}
	get("/v1/stats/retention", &back)
	require.Equal(t, 3, back.Cohorts[0].Members)
	require.Equal(t, []int{2}, back.Cohorts[0].Active)
	get("/v1/stats/retention?of=visit&kind=rolling&by=week", &back)
	require.Equal(t, []int{2}, back.Cohorts[0].Active)

	var spend struct {
		Steps []struct {
			Step    string
			Members int
			Median  *int `json:"median_days"`
		}
		Given []struct{ Given float64 }
	}
	get("/v1/stats/challenges/spend", &spend)
	require.Equal(t, "done", spend.Steps[4].Step)
	for i, members := range []int{3, 2, 2, 1, 1} {
		require.Equal(t, members, spend.Steps[i].Members, spend.Steps[i].Step)
	}
	require.Equal(t, 0, *spend.Steps[4].Median)

	var tier struct {
		Levels []struct {
			Level   string
			Members int
		}
		Moves []struct {
			From, To string
			Moves    int
		}
	}
	get("/v1/stats/tiers/club", &tier)
	require.Equal(t, "gold", tier.Levels[0].Level)
	require.Equal(t, 2, tier.Levels[0].Members)
	require.NotEmpty(t, tier.Moves)

	var streak struct {
		Lengths []struct{ Length, Running int }
	}
	get("/v1/stats/streaks/weekly", &streak)
	require.Equal(t, 2, streak.Lengths[0].Running)

	var board struct {
		Ranked  int
		Deciles []struct{ Score float64 }
	}
	get("/v1/stats/boards/visits", &board)
	require.Equal(t, 2, board.Ranked)
	require.Len(t, board.Deciles, 10)

	var promotion struct {
		Openings    int
		Members     int
		Definitions []struct {
			Definition string
			Fired      int
		}
		Cost []struct {
			Points string
			Given  float64
		}
	}
	get("/v1/stats/promotions/happy_hour", &promotion)
	require.Equal(t, 1, promotion.Openings)
	require.Equal(t, 2, promotion.Members)
	require.Equal(t, "rules/happy", promotion.Definitions[0].Definition)
	require.Equal(t, 2, promotion.Definitions[0].Fired)
	require.Equal(t, "stars", promotion.Cost[1].Points, "what the boost has added")

	var definition struct {
		Statistics struct {
			Fired  int
			Last   string `json:"last_fired"`
			Points []struct {
				Points     string
				Given, Cut float64
			}
		}
	}
	get("/v1/definitions/rules/per_euro?from=2026-11-30&to=2026-12-02", &definition)
	require.Equal(t, 4, definition.Statistics.Fired)
	require.Equal(t, "2026-12-02", definition.Statistics.Last)
	require.Positive(t, definition.Statistics.Points[0].Cut)
}

// Operators see what business does, too.
func TestStatisticsInMetrics(t *testing.T) {
	w := newWorld(t)
	key := w.add("counted", counted)
	w.do("POST", "/v1/events", `{"id":"p1","type":"purchase","member":"ann","data":{"amount":30}}`, key...).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"cup"}`, append(key, "Idempotency-Key", "c1")...).ok()
	w.do("GET", "/v1/stats/overview", "", key...).ok()
	w.operator("/metrics").ok().holds(t, `laurel_points_issued_total{points="stars",program="counted"} 30`,
		`laurel_points_outstanding{points="stars",program="counted"} 30`, `laurel_claims_total{program="counted",state="claimed"} 1`,
		`laurel_accepted_events_total{program="counted",result="accepted",type="purchase"} 1`, `laurel_statistics_lag_events{program="counted"} 0`)
}

// What cannot be answered is refused, with what would be.
func TestStatisticsRefused(t *testing.T) {
	w := newWorld(t)
	key := w.add("counted", counted)
	for path, location := range map[string]string{
		"/v1/stats/overview?from=yesterday":                "query.from",
		"/v1/stats/overview?from=2026-12-02&to=2026-12-01": "query.to",
		"/v1/stats/overview?by=hour":                       "query.by",
		"/v1/stats/overview?by=day&from=2020-01-01":        "query.by",
		"/v1/stats/points":                                 "query.points",
		"/v1/stats/liability?points=coins":                 "query.points",
		"/v1/stats/retention?of=joined":                    "query.of",
		"/v1/stats/retention?kind=modern":                  "query.kind",
		"/v1/stats/retention?by=month":                     "query.by",
	} {
		a := w.do("GET", path, "", key...)
		require.Equal(t, 400, a.status, path)
		a.holds(t, location)
	}
	for _, path := range []string{"challenges/none", "streaks/none", "tiers/none", "boards/none", "promotions/none"} {
		require.Equal(t, 404, w.do("GET", "/v1/stats/"+path, "", key...).status, path)
	}
	_, poor := w.key(keys.Request{Program: "counted", Name: "reader", Scopes: []keys.Scope{keys.CatalogueRead}})
	require.Equal(t, 403, w.do("GET", "/v1/definitions/rules/per_euro?from=2026-12-01", "", as(poor)...).status)
	require.Equal(t, 200, w.do("GET", "/v1/definitions/rules/per_euro", "", as(poor)...).status)
	require.Equal(t, 403, w.do("GET", "/v1/stats/overview", "", as(poor)...).status)

	w.programs["counted"].Statistics.Stop()
	w.do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"bob"}`, key...).ok()
	began := time.Now()
	w.do("GET", "/v1/stats/overview", "", key...).ok().holds(t, `"as_of_seq":0`)
	require.Less(t, time.Since(began), time.Second, "nobody waits for who has stopped")
	w.programs["counted"].Statistics = nil
	require.Equal(t, 503, w.do("GET", "/v1/stats/overview", "", key...).status)
}
