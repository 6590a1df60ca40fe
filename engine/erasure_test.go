package engine_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
)

// erase forgets a member; the journal still knows.
func (w *world) erase(member string) *engine.Outcome {
	w.t.Helper()
	e := engine.NewErasure(member)
	e.Time, e.Arrived = w.now, w.now
	return w.accept(e)
}

// redact makes the journal forget those that were erased. After so many steps it stops, as a crash does; 4 are all.
func (w *world) redact(steps int) {
	w.t.Helper()
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	require.NoError(w.t, err)
	found, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
	require.NoError(w.t, err)
	for i, step := range []func(){
		func() { w.p.Put(found.Rows...) },
		func() { w.p.Rewrite(found.Rewritten) },
		func() {
			for _, as := range members {
				w.p.Put(engine.Redacted(as))
			}
		},
	} {
		if i < steps {
			step()
			w.commit(i == 1)
		}
	}
}

// found lists where a text is found in the store.
func (w *world) found(text string) []string {
	w.t.Helper()
	list := []string{}
	require.NoError(w.t, w.store.Scan("", "", func(key string, value []byte) bool {
		if bytes.Contains([]byte(key), []byte(text)) || bytes.Contains(value, []byte(text)) {
			list = append(list, fmt.Sprintf("%q", key))
		}
		return true
	}))
	require.NoError(w.t, w.store.Records(1, func(seq uint64, b []byte) bool {
		if bytes.Contains(b, []byte(text)) {
			list = append(list, fmt.Sprint("record ", seq))
		}
		return true
	}))
	return list
}

// totals are what the program has issued of some points, and what became of it.
func (w *world) totals(points string) (issued, outstanding, forfeited string) {
	w.t.Helper()
	w.commit(true)
	var i, o, f decimal.Decimal
	add := func(accounts []*engine.Account) {
		for _, a := range accounts {
			if a.Points == points {
				i, f = i+a.Issued, f+a.Forfeited
				for _, l := range a.Lots() {
					o += l.Remaining + l.Held
				}
			}
		}
	}
	require.NoError(w.t, w.store.Scan("s/m/", "", func(key string, _ []byte) bool {
		add(w.p.Member(key[len("s/m/"):]).Accounts)
		return true
	}))
	require.NoError(w.t, w.store.Scan("s/e/", "", func(_ string, state []byte) bool {
		add(engine.DecodeErased(state).Accounts)
		return true
	}))
	return i.String(), o.String(), f.String()
}

const club = `
timezone: Europe/Berlin
currency: EUR
late: 1 day
member: {team?: text, city?: text}
events: {buy: {amount: money, note?: text}, thank: {to: member, stars: integer}}
points: {stars: {expire: 1 year after earning}, slow: {pending: 3 days}}
rules:
  buy: {when: buy, give: {stars: event.amount, slow: 1}, limit: 100 stars per month by everyone}
  thank: {when: thank, take: {stars: event.stars}, give: {stars: event.stars}, to: event.to, limit: 3 per day by everyone}
counters:
  best: {when: buy, highest: event.amount, by: member.team, every: month}
  spent: {when: buy, add: event.amount}
  monthly: {when: buy, add: event.amount, every: month}
challenges:
  together: {when: buy, add: event.amount, by: member.team, goal: 50, give: {stars: 5}}
leaderboards: {ever: {counter: spent}, month: {counter: monthly}, teams: {counter: best}}
rewards: {coffee: {}}
`

func TestErasureForfeitsAndForgets(t *testing.T) {
	w := program(t, club)
	name := "Ottilie Quandt"
	w.put("otti-4711", engine.Profile{Name: &name})
	w.set("otti-4711", "city", `"Zwickau"`)
	w.set("otti-4711", "team", `"red"`)
	w.set("bob", "team", `"red"`)
	w.as("o1").send("otti-4711", "buy", "amount", 30, "note", "for aunt Friederike")
	w.as("o2").send("bob", "buy", "amount", 25)
	coffee := w.p.Rules().Reward("coffee")
	coffee.Cost = []engine.Cost{{Points: w.p.Rules().PointsType("stars"), Amount: 10 * decimal.One}}
	coffee.Hold = calendar.Duration{Unit: calendar.Minute, N: 15}
	claim := engine.NewClaim("c1", "otti-4711", "coffee", 0)
	claim.Time, claim.Arrived = w.now, w.now
	w.accept(claim)
	w.accept(w.adjust("otti-4711", "stars", "2", false))
	w.handOut()

	out := w.erase("otti-4711")
	require.Equal(t, []string{"erasure -37 stars", "erasure -1 slow"}, gave(out), "what was held and pending is forfeited too")
	require.Nil(t, w.p.Member("otti-4711"))
	issued, outstanding, forfeited := w.totals("stars")
	require.Equal(t, []string{"67", "30", "37"}, []string{issued, outstanding, forfeited})
	require.Equal(t, []string{"1 bob 25"}, w.standings("ever", "all", ""), "ranks close up")
	require.Equal(t, []string{"1 red 30"}, w.standings("teams", "2026-05", ""), "what was brought to a group stays")
	again := w.erase("otti-4711")
	require.True(t, again.Duplicate)
	require.Equal(t, out.Seq, again.Seq)

	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	w.redact(4)
	for _, text := range []string{"otti-4711", name, "Zwickau", "Friederike"} {
		require.Empty(t, w.found(text), text)
	}
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	w.restart(false)
	again = w.erase("otti-4711")
	require.True(t, again.Duplicate, "the first outcome, after redaction and restart")
	require.Equal(t, gave(out), gave(again))
	after, _, _ := w.totals("stars")
	require.Equal(t, issued, after)
}

func TestAnErasedIDStaysBlocked(t *testing.T) {
	for _, redacted := range []bool{false, true} {
		t.Run(fmt.Sprint("redacted ", redacted), func(t *testing.T) {
			w := program(t, club)
			w.send("ann", "buy", "amount", 20)
			w.as("first").send("otti", "buy", "amount", 20)
			w.as("t1").send("otti", "thank", "to", "ann", "stars", 4)
			w.as("t2").send("ann", "thank", "to", "otti", "stars", 3)
			w.erase("otti")
			if redacted {
				w.redact(4)
				w.restart(true)
			}
			w.refused(engine.CodeMemberErased, w.as("first").event("otti", "buy", "amount", 20))
			w.refused(engine.CodeMemberErased, w.event("otti", "buy", "amount", 1))
			w.refused(engine.CodeMemberErased, engine.NewProfile("p", "otti", engine.Profile{}))
			for _, command := range []*event.Event{engine.NewVoid("first"), engine.NewVoid("t1"), engine.NewAmend("first", []byte(`{"amount":1}`))} {
				command.Time, command.Arrived = w.now, w.now
				w.refused(engine.CodeMemberErased, command)
			}
			_, refusal, err := w.p.DryRun(w.event("otti", "buy", "amount", 1), nil)
			require.NoError(t, err)
			require.Equal(t, engine.CodeMemberErased, refusal.Code)

			out := w.send("ann", "thank", "to", "otti", "stars", 5)
			require.Empty(t, gave(out), "a transfer to an erased member gives and takes nothing")
			require.Equal(t, []string{"not_given rules/thank"}, notes(out))
			void := engine.NewVoid("t2")
			void.Time, void.Arrived = w.now, w.now
			w.accept(void)
			w.has("ann", "stars", "24")
			require.Nil(t, w.p.Member("otti"), "a reversal does not bring an erased member back")
			w.refused(engine.CodeMemberUnknown, w.erasure("nobody"))
		})
	}
}

func (w *world) erasure(member string) *event.Event {
	e := engine.NewErasure(member)
	e.Time, e.Arrived = w.now, w.now
	return e
}

func TestAClosedTableKeepsAnAnonymousEntry(t *testing.T) {
	w := program(t, club)
	w.send("otti", "buy", "amount", 30)
	w.send("ann", "buy", "amount", 20)
	w.at("2026-06-10T12:00:00Z")
	w.send("otti", "buy", "amount", 5)
	w.send("ann", "buy", "amount", 4)
	w.erase("otti")
	require.Equal(t, []string{"1 ann 4"}, w.standings("month", "2026-06", ""))
	closed := w.standings("month", "2026-05", "")
	require.Len(t, closed, 2)
	require.Regexp(t, `^1 laurel:erased/[0-9a-f]{32} 30$`, closed[0])
	require.Equal(t, "2 ann 20", closed[1])
	w.redact(4)
	require.Empty(t, w.found("otti"))
}

// What an erased member did to shared limits and groups still holds for those who come later, and for a replay.
func TestWhatWasSharedStays(t *testing.T) {
	w := program(t, club)
	w.send("otti", "buy", "amount", 70)
	w.erase("otti")
	w.redact(4)
	out := w.send("ann", "buy", "amount", 50)
	require.Equal(t, []string{"rules/buy 30 stars", "rules/buy 1 slow"}, gave(out), "otti used 70 of everyone's 100")
}

func TestRedactionSurvivesACrashAtEveryStep(t *testing.T) {
	for steps := range 4 {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			w := program(t, club)
			w.send("otti-4711", "buy", "amount", 30)
			w.send("ann", "buy", "amount", 20)
			w.send("ann", "thank", "to", "carl", "stars", 1)
			w.erase("otti-4711")
			w.redact(steps)
			w.restart(false)
			enginetest.CheckInvariants(t, w.store, w.p, w.versions)
			w.send("ann", "buy", "amount", 1)
			w.redact(4)
			require.Empty(t, w.found("otti-4711"))
			left, err := engine.ToRedact(w.store)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// Claims that had left the member's state go, too.
func TestErasureForgetsOldClaims(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 1}}")
	w.send("otti-4711", "award", "points", 1000)
	w.send("ann", "award", "points", 10)
	for i := range engine.MaxClaims + 50 {
		id := fmt.Sprint("c", i)
		w.claim("otti-4711", "mug", id, "")
		w.confirm(id, "")
	}
	w.restart(true)
	w.giveBack("r0", "c0", "") // an old one is changed
	require.NotEmpty(t, w.found("s/c/c1"))
	w.erase("otti-4711")
	w.redact(4)
	require.NoError(t, w.store.Scan("s/c/", "", func(key string, _ []byte) bool {
		require.Failf(t, "a claim is left", "%q", key)
		return true
	}))
	require.Empty(t, w.found("otti-4711"))
	w.restart(false)
	w.restart(true)
	require.Empty(t, w.found("s/c/c"))
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

// Members are erased at random among all else that happens, and redacted at random times, sometimes half.
func TestTheInvariantsHoldWhoeverIsErased(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			r := random(t)
			for range 4 {
				w := program(t, source(t, name))
				w.at("2026-11-28T12:00:00Z").profiles(name, r)
				w.erasing(r, samples[name])
				enginetest.CheckInvariants(t, w.store, w.p, w.versions)
			}
		})
	}
}

func (w *world) erasing(r *rand.Rand, next sample) {
	w.t.Helper()
	var sent []*event.Event
	for i := range 200 {
		w.after(time.Duration(r.Intn(8*3600)) * time.Second)
		kind, data := next(r)
		e := w.as(fmt.Sprint("r", i)).event(fmt.Sprint("m", r.Intn(6)), kind, data)
		if r.Intn(3) == 0 {
			e.Time, e.Timed = e.Arrived.Add(-time.Duration(r.Intn(70*3600))*time.Second), true
		}
		if w.p.Erased(e.Member) {
			w.refused(engine.CodeMemberErased, e)
			continue
		}
		w.accept(e)
		sent = append(sent, e)
		w.disturb(r)
		w.reverse(r, sent, next)
		switch r.Intn(60) {
		case 0:
			w.erase(fmt.Sprint("m", r.Intn(5))) // m5 stays, or nobody is left
		case 1:
			w.redact(r.Intn(5))
		}
	}
	w.handOut()
	w.redact(4)
	require.NoError(w.t, w.store.Records(1, func(_ uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(w.t, err)
		require.False(w.t, w.p.Erased(rec.Event.Member) && len(rec.Event.Data) > 0)
		return true
	}))
}

// TestAnErasedMemberHasNoTimers holds that a schedule gives nothing to a member who is gone.
func TestAnErasedMemberHasNoTimers(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\nrules: {daily: {when: cron 0 9 * * *, give: {stars: 1}}}\n").at("2026-05-01T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-05-02T12:00:00Z").jobs()
	w.has("ann", "stars", "1")
	out := w.erase("ann")
	require.Len(t, out.Entries, 1, "what is left is forfeited")
	require.Empty(t, out.Notifications)
}

// Members who were erased take no room among those that are held, or each event would look through them for somebody to let go.
func TestTheErasedAreNotHeld(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\n")
	for i := range 20 {
		id := fmt.Sprint("m", i)
		w.send(id, "buy")
		w.accept(arrive(w, engine.NewErasure(id)))
	}
	w.commit(true)
	require.Zero(t, w.p.Held())
	w.refused(engine.CodeMemberErased, w.event("m3", "buy"))
}
