package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What there is to win is listed, with what of it a member can have.
func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	list := w.bravo("GET", "/v1/rewards", "").ok()
	list.holds(t, `{"reward":"tea","title":"tea","kind":"item","cost":[{"points":"miles","amount":100}],"left":null,"open":true}`,
		`{"reward":"card","title":"A gift card","kind":"item","cost":[{"points":"miles","amount":1}],"left":0,"open":true}`,
		`"cost":[{"points":"miles","amount":10,"or_more":true}],"limits":["1 per day"]`)
	require.NotContains(t, string(list.body), "secret")
	mine := func() *answer { return w.bravo("GET", "/v1/rewards?member=bob", "").ok() }
	mine().holds(t, `"member":{"available":false,"reason":"insufficient","missing":{"miles":100},"held":0}`,
		`"member":{"available":false,"reason":"stock","held":0}`)
	w.sale("s1")
	w.bravo("POST", "/v1/admin/rewards/card/codes", "A\nB\n", "Content-Type", "text/plain").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c1").ok()
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	mine().holds(t, `"left":1,"open":true,"member":{"available":true,"held":1}`, `"left":null,"open":true,"member":{"available":true,"held":0}`)
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"donation"}`, "Idempotency-Key", "c2").ok()
	mine().holds(t, `"member":{"available":false,"reason":"limit","held":0}`)
	w.bravo("GET", "/v1/rewards?member=nobody", "").problem(404, "member_unknown")

	w.bravo("GET", "/v1/streaks?member=bob", "").ok().holds(t, `"streak":"daily"`, `"every":"day"`,
		`"goals":[{"goal":"1","at":30,"give":[{"points":"miles","amount":1}]}]`, `"length":1`)
	w.bravo("GET", "/v1/badges", "").ok()
	w.bravo("GET", "/v1/tiers?member=bob", "").ok()
	w.bravo("GET", "/v1/promotions", "").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"secret"}`, "Idempotency-Key", "c3").ok()
	require.NotContains(t, string(mine().body), "secret")
	w.bravo("POST", "/v1/claims/c3/confirm", "").ok()
	mine().holds(t, `"reward":"secret"`)
}

const fairRuleset = `
program: fair
client_events: [visit]
names: first
member: {city?: text}
events: {visit: {}, buy: {amount: number}}
points: {stars: {}}
rules:
  stars: {when: buy, give: {stars: event.amount}}
  rain: {when: visit, during: rain, give: {stars: 1}}
  sun: {when: visit, during: sun, give: {stars: 1}}
counters: {bought: {when: buy, add: event.amount, every: week}, visits: {when: visit}}
badges:
  buyer: {counter: all, levels: {some: 10, many: 100}}
  dasher: {}
  regular: {}
  secret: {hidden: true}
challenges:
  dash: {when: buy, add: event.amount, goals: [{at: 60, give: {badge: dasher}}]}
  veiled: {hidden: true, when: buy, goal: 3, give: {badge: dasher}}
streaks:
  daily: {when: visit, every: day, goal: 3, give: {badge: regular}, freeze: {hold: 1, cost: {stars: 20}}, repair: {within: 48 hours, cost: {stars: 30}}}
leaderboards:
  weekly:
    counter: bought
    prizes: [{ranks: 1, give: {stars: 100, badge: secret}}, {ranks: 2-3, give: {stars: 50}}, {ranks: top 10%, give: {badge: dasher}}]
promotions:
  rain: {on_call: true, open_for: 1 hour, for: (member.city ?? "") == "Berlin"}
  sun: {on_call: true, open_for: 1 hour, limit: 1 per day}
  snow: {during: 2031-01-01 to 2031-01-31}
rewards: {mug: {cost: {stars: 5}}}
`

func (w *world) fair() []string {
	return w.add("fair", strings.Replace(fairRuleset, "counters: {", "counters: {all: {when: buy, add: event.amount}, ", 1))
}

// What places win is listed, what is open for a member, and what is still to do for badges.
func TestCatalogueOfAMember(t *testing.T) {
	w := newWorld(t)
	key := w.fair()
	do := func(method, path, body string, more ...string) *answer {
		return w.do(method, path, body, append(key, more...)...)
	}
	do("GET", "/v1/leaderboards", "").ok().holds(t, `"prizes":[{"first":1,"last":1,"give":[{"points":"stars","amount":100}]},`+
		`{"first":2,"last":3,"give":[{"points":"stars","amount":50}]},{"percent":10,"give":[{"badge":"dasher"}]}]`)

	require.Equal(t, 201, do("PUT", "/v1/members/ann", `{"fields":{"city":"Berlin"}}`).status)
	require.Equal(t, 201, do("PUT", "/v1/members/bob", `{"fields":{"city":"Bonn"}}`).status)
	opens := func(member, rain, sun string) {
		t.Helper()
		do("GET", "/v1/promotions?member="+member, "").ok().holds(t, `"promotion":"rain"`, `"member":`+rain+`},{"promotion":"snow"`,
			`"member":{"open":false,"reason":"window"}},{"promotion":"sun"`, `"member":`+sun+`}]`)
	}
	closed := `{"open":false,"reason":"window"}`
	opens("ann", closed, closed)
	do("POST", "/v1/promotions/rain/fire", "", "Idempotency-Key", "f1").ok()
	do("POST", "/v1/promotions/sun/fire", "", "Idempotency-Key", "f2").ok()
	opens("ann", `{"open":true}`, `{"open":true}`)
	opens("bob", `{"open":false,"reason":"who"}`, `{"open":true}`)
	do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"bob"}`).ok()
	opens("bob", `{"open":false,"reason":"who"}`, `{"open":false,"reason":"limit"}`)
	do("GET", "/v1/promotions?member=nobody", "").problem(404, "member_unknown")
	require.NotContains(t, string(do("GET", "/v1/promotions", "").ok().body), `"member"`)

	do("GET", "/v1/badges?member=ann", "").ok().holds(t, `"missing":[{"level":"some","counter":"all","progress":0,"at":10,"missing":10}]`,
		`"missing":[{"challenge":"dash","goal":"1","progress":0,"at":60,"missing":60}]`, `"missing":[{"streak":"daily","goal":"1","progress":0,"at":3,"missing":3}]`)
	do("POST", "/v1/events", `{"id":"b1","type":"buy","member":"ann","data":{"amount":25}}`).ok()
	do("POST", "/v1/events", `{"id":"v2","type":"visit","member":"ann"}`).ok()
	badges := do("GET", "/v1/badges?member=ann", "").ok()
	badges.holds(t, `"missing":[{"level":"many","counter":"all","progress":25,"at":100,"missing":75}]`, `"progress":25,"at":60,"missing":35`,
		`"progress":1,"at":3,"missing":2`)
	require.NotContains(t, string(badges.body), "secret")
	do("POST", "/v1/events", `{"id":"b2","type":"buy","member":"ann","data":{"amount":80}}`).ok()
	badges = do("GET", "/v1/badges?member=ann", "").ok()
	require.NotContains(t, string(badges.body), "dash\"")
	require.NotContains(t, string(badges.body), "counter")
	require.NotContains(t, string(do("GET", "/v1/badges", "").ok().body), "missing")
}

// A member's device sees the catalogue as it is for the member, and does with its own things what it may.
func TestADeviceHasTheCatalogue(t *testing.T) {
	w := newWorld(t)
	key := w.fair()
	require.Equal(t, 201, w.do("PUT", "/v1/members/ann", `{"name":"Ann Lark","fields":{"city":"Berlin"}}`, key...).status)
	require.Equal(t, 201, w.do("PUT", "/v1/members/bob", `{"name":"Bob Finch"}`, key...).status)
	for i, member := range []string{"ann", "bob", "ann:x"} {
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"b%d","type":"buy","member":"%s","data":{"amount":%d}}`, i, member, 90-i), key...).ok()
	}
	var minted struct{ Token string }
	w.do("POST", "/v1/members/ann/tokens", "", key...).json(&minted)
	ann := as(minted.Token)
	w.do("POST", "/v1/members/ann:x/tokens", "", key...).json(&minted)
	other := as(minted.Token)
	w.get("/v1/me/catalogue/rewards", ann...).ok().holds(t, `"reward":"mug"`, `"member":{"available":true,"held":0}`)
	w.get("/v1/me/badges", ann...).ok().holds(t, `"badge":"dasher"`, `"held":{`, `"missing":[`)
	w.get("/v1/me/tiers", ann...).ok()
	w.get("/v1/me/streaks", ann...).ok().holds(t, `"streak":"daily"`, `"periods":[`)
	w.get("/v1/me/promotions", ann...).ok().holds(t, `"member":{"open":false,"reason":"window"}`)
	w.get("/v1/me/leaderboards", ann...).ok().holds(t, `"leaderboard":"weekly"`)
	require.Contains(t, string(w.get("/v1/me/export", ann...).ok().body), `"name":"Ann Lark"`)

	around := w.get("/v1/me/leaderboards/weekly?around=2", ann...).ok()
	around.holds(t, `{"rank":1,"member":"ann","name":"Ann","score":90`, `{"rank":2,"name":"Bob","score":89`, `{"rank":3,"score":88`)
	require.NotContains(t, string(around.body), "bob", "others are known by what they are called, and never by their ids")
	w.get("/v1/me/leaderboards/by_visits?around=2", as(w.token("ann"))...).problem(403, "not_for_members") // acme says nothing of names

	w.do("POST", "/v1/me/streaks/daily/freeze", "", ann...).problem(400, "idempotency_key_missing")
	w.do("POST", "/v1/me/streaks/daily/freeze", "", append(ann, "Idempotency-Key", "f1")...).ok().holds(t, `"amount":-20`)
	w.do("POST", "/v1/me/streaks/daily/repair", "", append(ann, "Idempotency-Key", "f2")...).problem(409, "not_repairable")

	w.do("POST", "/v1/me/claims", `{"reward":"mug"}`, append(ann, "Idempotency-Key", "m1")...).ok().holds(t, `"claim":"laurel:me:ann:m1"`)
	w.do("POST", "/v1/me/claims", `{"reward":"mug"}`, append(other, "Idempotency-Key", "m2")...).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"mug"}`, append(key, "Idempotency-Key", "till")...).ok()
	for _, id := range []string{"till", "m2", "laurel:me:bob:m1", "laurel:me:ann:x:m2"} {
		w.do("POST", "/v1/me/claims/"+id+"/cancel", "", ann...).problem(404, "unknown_claim")
	}
	w.do("POST", "/v1/me/claims/m1/cancel", "", ann...).ok().holds(t, `"state":"cancelled"`)
	w.do("POST", "/v1/me/claims/laurel:me:ann:m1/cancel", "", ann...).ok().holds(t, `"duplicate":true`)
	w.do("POST", "/v1/me/claims/m2/cancel", "", other...).ok()

	w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit"}`, other...).ok()
	w.advance(48 * time.Hour) // a day is missed
	w.do("POST", "/v1/members/ann:x/tokens", "", key...).json(&minted)
	w.do("POST", "/v1/me/streaks/daily/repair", "", append(as(minted.Token), "Idempotency-Key", "r1")...).ok().holds(t, `"amount":-30`)

	w.do("POST", "/v1/members/ann/tokens", "", key...).json(&minted)
	ann = as(minted.Token)
	exports := 0
	for range 20 {
		if w.get("/v1/me/export", ann...).status == 429 {
			break
		}
		exports++
	}
	require.Less(t, exports, 8, "an export counts for many requests")
}
