package api_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

// draftOf is a body with acme's ruleset, changed.
func draftOf(t *testing.T, more map[string]any, replace ...string) string {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(acmeRuleset)
	require.True(t, len(replace) == 0 || text != acmeRuleset, "nothing was replaced")
	body := map[string]any{"files": map[string]string{"acme.yaml": text}}
	for name, value := range more {
		body[name] = value
	}
	b, err := json.Marshal(body)
	require.NoError(t, err)
	return string(b)
}

// activated is the answer to an activation.
type activated struct {
	Version *int
	From    time.Time
	Changed bool
	Plan    struct {
		Changes []struct{ Definition, Kind string }
	}
}

func (w *world) starsOf(member string) string {
	w.t.Helper()
	var p struct {
		Points map[string]struct{ Spendable json.Number }
	}
	w.get("/v1/members/" + member + "/progress").ok().json(&p)
	return p.Points["stars"].Spendable.String()
}

// A ruleset is checked, planned, tested and activated while the program runs, and rolled back.
func TestAnActivation(t *testing.T) {
	w := newWorld(t)
	buy := func(id string) {
		t.Helper()
		w.do("POST", "/v1/events", `{"id":"`+id+`","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	}
	buy("p1")
	require.Equal(t, "25", w.starsOf("ann"))
	triple := []string{"event.amount * 2", "event.amount * 3"}

	var report struct {
		OK          bool
		Diagnostics []struct{ Message string }
	}
	w.do("POST", "/v1/admin/rulesets/check", draftOf(t, nil, triple...)).ok().json(&report)
	require.True(t, report.OK)
	w.do("POST", "/v1/admin/rulesets/check", draftOf(t, nil, "event.amount * 2", "event.amont * 2")).ok().json(&report)
	require.False(t, report.OK)
	var plan struct {
		Changes []struct{ Definition, Kind string }
	}
	w.do("POST", "/v1/admin/rulesets/plan", draftOf(t, nil, triple...)).ok().json(&plan)
	require.Equal(t, "rules/per_euro", plan.Changes[0].Definition)

	var a activated
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, map[string]any{"note": "three stars"}, triple...), "Laurel-Actor", "Ann from CRM").ok().json(&a)
	require.True(t, a.Changed)
	require.Equal(t, 2, *a.Version)
	buy("p2")
	require.Equal(t, "55", w.starsOf("ann"))
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, nil, triple...)).ok().json(&a)
	require.False(t, a.Changed, "it is in force")

	var version struct{ By, Note string }
	w.get("/v1/admin/rulesets/2").ok().json(&version)
	require.Equal(t, "all, for Ann from CRM", version.By)
	require.Equal(t, "three stars", version.Note)
	w.get("/v1/admin/rulesets").ok().holds(t, `"note":"three stars"`)
	w.get("/v1/admin/rulesets/9").problem(404, "not_found")

	w.do("POST", "/v1/events/p2/amend", `{"data":{"order_id":"o","amount":1}}`).ok()
	require.Equal(t, "28", w.starsOf("ann"), "judged by the version of its time")
	w.do("POST", "/v1/admin/rulesets/rollback", `{"to":1,"note":"a mistake"}`).ok().json(&a)
	require.Equal(t, 3, *a.Version)
	buy("p3")
	require.Equal(t, "48", w.starsOf("ann"))
	w.get("/v1/admin/rulesets/2/diff/3").ok().json(&plan)
	require.Equal(t, "rules/per_euro", plan.Changes[0].Definition)
	w.do("POST", "/v1/admin/rulesets/rollback", `{"to":9}`).problem(404, "not_found")
}

// What must not be activated is not, and says why.
func TestActivationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", `{"id":"p1","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	activate := func(body string, headers ...string) *answer {
		t.Helper()
		return w.do("POST", "/v1/admin/rulesets/activate", body, headers...)
	}
	p := activate(draftOf(t, nil, "event.amount * 2", "event.amont * 2")).problem(422, "invalid_ruleset")
	require.Contains(t, p.Errors[0].Location, "acme.yaml:")
	require.Contains(t, p.Errors[0].Suggestion, "amount")
	activate(draftOf(t, nil, "program: acme", "program: bravo")).problem(422, "invalid_ruleset")
	blocked := activate(draftOf(t, nil, "order_id: text", "order_id: integer")).problem(409, "ruleset_blocked")
	require.NotEmpty(t, blocked.Errors)
	activate(`{"files":{"../x.yaml":"program: acme"}}`).problem(422, "invalid_ruleset")
	activate(`{"files":{}}`).problem(422, "invalid_ruleset")
	activate(`{"files":3}`).problem(400, "invalid_body")
	activate(`{"file":{}}`).problem(400, "invalid_body")
	activate(draftOf(t, nil), "Laurel-Actor", "a\tb").problem(400, "wrong_parameter")

	activate(draftOf(t, map[string]any{"at": "1970-01-01T00:00:00Z"})).problem(400, "invalid_body")

	failing := map[string]any{"files": map[string]string{"acme.yaml": strings.Replace(acmeRuleset, "amount * 2", "amount * 3", 1), "acme_test.yaml": `
ruleset: acme.yaml
tests:
  two_stars:
    members: {ann: {}}
    timeline:
      - {at: 2026-12-01 09:00, event: purchase, with: {order_id: o, amount: 10}, expect: {points: {stars: 25}}}
`}}
	b, err := json.Marshal(failing)
	require.NoError(t, err)
	p = activate(string(b)).problem(422, "tests_failed")
	require.Equal(t, "two_stars", p.Errors[0].Message)
	var results struct{ OK bool }
	w.do("POST", "/v1/admin/rulesets/test", string(b)).ok().json(&results)
	require.False(t, results.OK)

	versions, _ := w.programs["acme"].Program.Rulesets()
	require.Len(t, versions, 1, "nothing was activated")
	_, secret := w.key(keys.Request{Program: "acme", Name: "reader", Scopes: []keys.Scope{keys.RulesetsRead}})
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, nil), as(secret)...).problem(403, "scope_missing")
	require.Equal(t, 200, w.get("/v1/admin/rulesets", as(secret)...).status)
}

// A version can be planned: it is in force from its instant on, for whatever comes first then, and can be cancelled before.
func TestAPlannedVersion(t *testing.T) {
	w := newWorld(t)
	at := w.time().Add(time.Hour)
	planned := map[string]any{"at": at.Format(time.RFC3339), "note": "from one o'clock"}
	var a activated
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, planned, "amount * 2", "amount * 3")).ok().json(&a)
	require.Nil(t, a.Version)
	require.True(t, at.Equal(a.From))
	w.get("/v1/admin/rulesets/planned").ok().holds(t, `"note":"from one o'clock"`)
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, nil, "amount * 2", "amount * 4")).problem(409, "version_planned")

	buy := func(id string) {
		t.Helper()
		w.do("POST", "/v1/events", `{"id":"`+id+`","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	}
	w.advance(time.Hour - time.Second)
	buy("p1")
	require.Equal(t, "25", w.starsOf("ann"))
	w.advance(time.Second)
	buy("p2")
	require.Equal(t, "55", w.starsOf("ann"))
	w.get("/v1/admin/rulesets/planned").problem(404, "not_found")
	w.get("/v1/admin/rulesets/planned").holds(t, "nothing is planned")
	w.get("/v1/admin/rulesets/2").ok().holds(t, `"from":"`+at.Format("2006-01-02T15:04:05Z")+`"`)

	planned["at"] = w.time().Add(time.Hour).Format(time.RFC3339)
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, planned, "amount * 2", "amount * 5")).ok()
	w.do("DELETE", "/v1/admin/rulesets/planned", "").ok()
	w.do("DELETE", "/v1/admin/rulesets/planned", "").problem(404, "not_found")
	w.advance(2 * time.Hour)
	buy("p3")
	require.Equal(t, "85", w.starsOf("ann"))
}

// While versions come into force, every request is answered, and every event is decided by one of them.
func TestNoRequestIsDroppedByActivations(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	stop := make(chan struct{})
	for s := range 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := strconv.Itoa(s) + "-" + strconv.Itoa(i)
				sent := w.do("POST", "/v1/events", `{"id":"`+id+`","type":"purchase","member":"m`+strconv.Itoa(i%7)+`","data":{"order_id":"o","amount":10}}`)
				assert.Equal(t, 200, sent.status, "%s", sent.body)
				read := w.get("/v1/members/m" + strconv.Itoa(i%7) + "/progress")
				assert.Equal(t, 200, read.status)
				read = w.get("/v1/leaderboards/top_spenders")
				assert.Equal(t, 200, read.status)
			}
		})
	}
	for n := range 10 {
		order := []string{"leaderboards:\n  top_spenders:\n    counter: spent", "leaderboards:\n  top_spenders:\n    counter: spent\n    order: lowest"}
		if n%2 == 0 {
			order = nil
		}
		w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, nil, append(order, "amount * 2", "amount * "+strconv.Itoa(3+n))...)).ok()
	}
	close(stop)
	all.Wait()
	versions, _ := w.programs["acme"].Program.Rulesets()
	require.Len(t, versions, 11)
}

// A definition that runs away is paused: it gives nothing, also under a version that comes meanwhile, until it is resumed.
func TestAPause(t *testing.T) {
	w := newWorld(t)
	buy := func(id string) {
		t.Helper()
		w.do("POST", "/v1/events", `{"id":"`+id+`","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	}
	var a activated
	buy("p1")
	require.Equal(t, "25", w.starsOf("ann"))
	w.do("POST", "/v1/admin/definitions/rules/per_euro/pause", `{"reason":"it pays too much"}`).ok().json(&a)
	require.Equal(t, "paused", a.Plan.Changes[0].Kind)
	w.do("POST", "/v1/admin/definitions/rules/per_euro/pause", `{"reason":"again"}`).ok().json(&a)
	require.False(t, a.Changed)
	w.get("/v1/definitions/rules/per_euro").ok().holds(t, `"paused":true`)
	buy("p2")
	require.Equal(t, "25", w.starsOf("ann"))
	w.get("/v1/events/p2/explain").ok().holds(t, `"definition":"rules/per_euro"`, `it is paused`)
	w.get("/v1/counters/thermometer").ok().holds(t, `"value":20`)

	w.do("POST", "/v1/admin/definitions/rewards/sticker/pause", `{}`).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").problem(409, "window")
	w.do("POST", "/v1/admin/definitions/challenges/dash/pause", `{}`).ok()
	w.do("POST", "/v1/members/ann/challenges/dash/enroll", "").ok()
	for i := range 7 {
		buy("d" + strconv.Itoa(i))
	}
	require.Equal(t, "25", w.starsOf("ann"), "the goal of the challenge is not reached")
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, nil, "amount * 2", "amount * 3")).ok()
	buy("p3")
	require.Equal(t, "25", w.starsOf("ann"), "what is paused stays so under another version")
	w.do("POST", "/v1/events/p1/void", "").ok()
	require.Equal(t, "5", w.starsOf("ann"), "what it gave before is taken back")
	w.do("POST", "/v1/admin/definitions/rules/per_euro/resume", `{"reason":"mended"}`).ok().json(&a)
	require.Equal(t, "resumed", a.Plan.Changes[0].Kind)
	buy("p4")
	require.Equal(t, "35", w.starsOf("ann"))
	w.do("POST", "/v1/admin/definitions/rewards/sticker/resume", `{}`).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c2").ok()

	at := w.time().Add(time.Hour).Format(time.RFC3339)
	w.do("POST", "/v1/admin/rulesets/activate", draftOf(t, map[string]any{"at": at}, "amount * 2", "amount * 7")).ok()
	w.do("POST", "/v1/admin/definitions/rules/per_euro/pause", `{"reason":"also while another version is planned"}`).ok()
	var plan struct{ Changes []struct{ Kind string } }
	w.do("POST", "/v1/admin/rulesets/plan", draftOf(t, nil, "amount * 2", "amount * 7")).ok().json(&plan)
	require.Len(t, plan.Changes, 1)
	require.Equal(t, "changed", plan.Changes[0].Kind, "what is paused would stay so")
	w.advance(2 * time.Hour)
	buy("p5")
	require.Equal(t, "35", w.starsOf("ann"), "paused, by the planned version too")
	w.get("/v1/definitions/rules/per_euro").ok().holds(t, `"paused":true`, "amount * 7")
	w.do("POST", "/v1/admin/definitions/rules/per_euro/resume", `{}`).ok()
	buy("p6")
	require.Equal(t, "105", w.starsOf("ann"))

	w.do("POST", "/v1/admin/definitions/rules/none/pause", `{}`).problem(404, "not_found")
	w.do("POST", "/v1/admin/definitions/counters/spent/pause", `{}`).problem(400, "wrong_parameter")
	w.bravo("POST", "/v1/admin/definitions/promotions/typhoon/pause", `{}`).ok()
	w.bravo("POST", "/v1/promotions/typhoon/fire", `{}`, "Idempotency-Key", "f1").ok()
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	out := w.bravo("POST", "/v1/events", `{"id":"s1","type":"sale","member":"bob","data":{"amount":250}}`).ok()
	require.NotContains(t, string(out.body), "typhoon")
}
