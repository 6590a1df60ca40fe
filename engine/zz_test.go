package engine_test

import "testing"

func TestZZ(t *testing.T) {
	for _, with := range []string{"", "a", "b", "ab"} {
		w := program(t, `
events: {buy: {amount: number}, visit: {}, spend: {}}
points: {stars: {}}
rules: {r0: {when: buy, give: {stars: event.amount}}}
tiers: {t: {earned: stars, last: 1 weeks, levels: {l0: 0, l1: 9, l2: 48}, grace: 8 days, falls: to what is met}}
`)
		w.at("2027-02-10T03:31:05Z").send("ann", "buy", "amount", 9)
		if with == "a" || with == "ab" {
			w.at("2027-02-12T10:55:36Z").send("ann", "spend")
		}
		if with == "b" || with == "ab" {
			w.at("2027-02-21T19:37:10Z").send("ann", "buy", "amount", 1)
		}
		for _, at := range []string{"2027-02-21T23:31:31Z","2027-02-22T04:31:31Z","2027-02-23T04:31:31Z", "2027-02-24T04:31:31Z", "2027-02-25T00:31:31Z"} {
			t.Log(with, at, w.at(at).tier("ann", "t"), w.progress("ann").Tiers["t"].Until)
		}
	}
}
