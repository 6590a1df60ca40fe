package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/leaderboards"
)

// market is a program in which points are given, spent and taken back in every way.
const market = `
events: {buy: {n: number}, spend: {n: number}}
points: {stars: {negative: %s%s}}
rules:
  buy: {when: buy, give: {stars: event.n}}
  thanks: {when: buy, if: event.n >= 30, give: {stars: 5}}
  spend: {when: spend, take: {stars: event.n}}
counters: {got: {earned: stars, public: true}}
challenges: {c: {when: buy, add: event.n, goal: 100, again: true, give: {stars: 7}}}
boosts: {more: {of: stars, times: 1.5, limit: 20 stars ever}}
rewards: {mug: {cost: {stars: 1 or more}, hold: 1 day}}
`

// trader draws a short history of one member.
type trader struct {
	*world
	r      *rand.Rand
	buys   []string // not voided
	gone   map[string]uint64
	seqs   map[string]uint64
	goals  map[uint64]decimal.Decimal // what goals gave with an event; others may have reached them since
	spends []string
	claims map[string]string // state by id
	n      int
}

func newTrader(t *testing.T, r *rand.Rand, rules *engine.Ruleset) *trader {
	w := &world{t: t, store: engine.NewMemory(), boards: leaderboards.NewMemory()}
	w.versions = []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules}}
	w.open()
	w.at("2026-05-01T12:00:00Z")
	return &trader{world: w, r: r, gone: map[string]uint64{}, seqs: map[string]uint64{}, goals: map[uint64]decimal.Decimal{}, claims: map[string]string{}}
}

func (d *trader) name(what string) string {
	d.n++
	return fmt.Sprint(what, d.n)
}

func (d *trader) amount() decimal.Decimal { return decimal.Decimal(1+d.r.Intn(50)) * decimal.One }

// step lets one thing happen.
func (d *trader) step() {
	spendable := decimal.Decimal(0)
	if d.p.Member("ann") != nil {
		spendable = d.progress("ann").Points["stars"].Spendable
	}
	some := func() decimal.Decimal {
		return decimal.Decimal(1+d.r.Int63n(int64(spendable/decimal.One))) * decimal.One
	}
	switch k := d.r.Intn(12); {
	case k < 3 || len(d.buys) == 0:
		id := d.name("buy")
		out := d.as(id).send("ann", "buy", "n", json.Number(d.amount().String()))
		d.seqs[id] = out.Seq
		for _, e := range out.Effects {
			if e.Source.String() == "challenges/c" {
				d.goals[out.Seq] += e.Amount
			}
		}
		d.buys = append(d.buys, id)
	case k < 5 && spendable > 0:
		id := d.name("claim")
		d.command(engine.NewClaim(id, "ann", "mug", some()))
		d.claims[id] = "open"
	case k == 5 && spendable > 0:
		id := d.name("spend")
		d.as(id).send("ann", "spend", "n", json.Number(some().String()))
		d.spends = append(d.spends, id)
	case k < 8:
		d.settleClaim()
	case k == 8:
		d.keyed(d.name("key"), d.buys[d.r.Intn(len(d.buys))], `{"n": `+d.amount().String()+`}`)
	case k == 9:
		d.undo(d.r.Intn(len(d.buys)))
	case k == 10 && len(d.spends) > 0:
		d.void(d.spends[0])
		d.spends = d.spends[1:]
	default:
		d.after(time.Duration(d.r.Intn(8*24)) * time.Hour)
	}
	if d.r.Intn(20) == 0 {
		d.restart(d.r.Intn(2) == 0)
	}
}

func (d *trader) undo(i int) {
	id := d.buys[i]
	d.void(id)
	d.buys = slices.Delete(slices.Clone(d.buys), i, i+1)
	d.gone[id] = d.seqs[id]
}

// settleClaim confirms, cancels or returns one of the claims, all of it or a part.
func (d *trader) settleClaim() {
	for _, id := range d.ids() {
		c := d.p.Claim(d.p.Member("ann"), id)
		holding := decimal.Decimal(0)
		for i := range c.Parts {
			holding += c.Parts[i].Amount - c.Parts[i].Returned
		}
		part := decimal.Decimal(1+d.r.Int63n(int64(max(holding/decimal.One, 1)))) * decimal.One
		switch d.stateOf(id) {
		case "open":
			if d.r.Intn(3) == 0 {
				d.command(engine.NewCancel(d.name("key"), id))
			} else {
				d.command(engine.NewConfirm(d.name("key"), id, min(part, holding)))
			}
			return
		case "confirmed":
			d.command(engine.NewReturn(d.name("key"), id, min(part, holding)))
			return
		}
	}
}

func (d *trader) ids() []string {
	var ids []string
	for id := range d.claims {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	d.r.Shuffle(len(ids), func(i, k int) { ids[i], ids[k] = ids[k], ids[i] })
	return ids
}

func (d *trader) stateOf(id string) string {
	for _, c := range d.p.Member("ann").ClaimsAt(d.now) {
		if c.Claim == id {
			return c.State
		}
	}
	return ""
}

// proved requires that nothing that is spendable or pending is of an event that is gone, and that the books balance.
func (d *trader) proved(what string) {
	m := d.p.Member("ann")
	for _, acc := range m.Accounts {
		require.True(d.t, acc.Proved(), "%s: %+v", what, acc)
		for id, seq := range d.gone {
			left := decimal.Decimal(0)
			for _, l := range acc.Lots() {
				if l.Seq == seq {
					left += l.Remaining
				}
			}
			if left > d.goals[seq] {
				require.Fail(d.t, "something is left of an event that is gone", "%s: %s of %s\n%s", what, left, id, d.story())
			}
		}
	}
}

// story is what has happened.
func (d *trader) story() (text string) {
	d.commit(false)
	require.NoError(d.t, d.store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(d.t, err)
		text += fmt.Sprintf("%d %s %s %s %s\n", seq, rec.Event.Arrived, rec.Event.ID, rec.Event.Type, rec.Event.Data)
		for _, e := range rec.Outcome.Entries {
			text += fmt.Sprintf("    %s %s of %d for %s, balance %s\n", e.Kind, e.Amount, e.Lot, e.Source, e.Balance)
		}
		return true
	}))
	return text
}

// giveAllBack resolves whatever is still spent or held.
func (d *trader) giveAllBack() (list []func()) {
	for _, id := range d.ids() {
		switch d.stateOf(id) {
		case "open":
			list = append(list, func() { d.command(engine.NewCancel(d.name("key"), id)) })
		case "confirmed":
			list = append(list, func() { d.command(engine.NewReturn(d.name("key"), id, 0)) })
		}
	}
	for _, id := range d.spends {
		list = append(list, func() { d.void(id) })
	}
	d.spends = nil
	return list
}

// In no order of purchases, spends, voids, amendments, returns, cancels, timeouts, partial confirmations and expiries is anything
// left of an event that is gone; and whether a return comes first or a void, the member has the same.
func TestNoOrderLeavesPointsOfWhatIsGone(t *testing.T) {
	histories := 3000
	if testing.Short() {
		histories = 400
	}
	seed := random(t).Int63()
	var programs []*engine.Ruleset
	for _, policy := range []string{"debt", "floor"} {
		for _, expire := range []string{"", ", expire: 10 days after earning", ", expire: 15 days after last buy", ", spend: oldest"} {
			programs = append(programs, compile(t, fmt.Sprintf(market, policy, expire)))
		}
	}
	for n := range histories {
		rules, of := programs[n%len(programs)], seed+int64(n/2*2)
		var ends, stories []string
		for _, voidsFirst := range []bool{true, false} {
			d := newTrader(t, rand.New(rand.NewSource(of)), rules)
			for i := range 6 + d.r.Intn(14) {
				d.step()
				d.proved(fmt.Sprintf("history %d, step %d", of, i))
			}
			backs := d.giveAllBack()
			undo := func() {
				for len(d.buys) > n%3 {
					d.undo(0)
					d.proved(fmt.Sprintf("history %d, at its end", of))
				}
			}
			if voidsFirst {
				undo()
			}
			for _, back := range backs {
				back()
				d.proved(fmt.Sprintf("history %d, at its end", of))
			}
			undo()
			p := d.points("ann", "stars")
			ends = append(ends, fmt.Sprintf("%s, owing %s %v", p.Spendable, p.Debt, p.Expiring))
			stories = append(stories, d.story())
			if len(d.buys) == 0 {
				require.Contains(t, ends[len(ends)-1], "0, owing 0", "history %d", of)
				require.Equal(t, "0", d.counter("ann", "got"), "history %d", of)
			}
			if n%97 == 0 {
				enginetest.CheckInvariants(t, d.store, d.p, d.versions)
			}
		}
		if ends[0] != ends[1] {
			require.Fail(t, "the order of voids and returns matters", "history %d of program %d:\n%s%s\n%s%s", of, n%len(programs),
				stories[0], ends[0], stories[1], ends[1])
		}
	}
}
