package oracle

import (
	"fmt"
	"math/big"
	"math/rand"
	"slices"
	"time"
)

// drawing makes random choices.
type drawing struct{ *rand.Rand }

func (d drawing) below(n int) int { return d.Intn(n) }

func (d drawing) between(from, to int) int { return from + d.Intn(to-from+1) }

func (d drawing) one(in int) bool { return d.Intn(in) == 0 }

func pick[V any](d drawing, from ...V) V { return from[d.Intn(len(from))] }

// zones are those with the oddest clocks: fourteen hours ahead and twelve behind, half hours, changes at midnight.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe",
	"Pacific/Kiritimati", "Etc/GMT+12", "Asia/Beirut", "America/Havana", "Asia/Kathmandu"}

// days at which histories begin: shortly before changes of clocks, month ends, 29 February and New Year.
var beginnings = []string{"2026-03-20", "2026-10-18", "2026-08-30", "2026-03-29", "2028-02-20", "2026-12-20", "2026-01-25", "2026-04-20"}

func (d drawing) span(units ...string) Span {
	unit := pick(d, units...)
	return Span{d.between(1, map[string]int{"hour": 50, "day": 12, "week": 3, "month": 2, "year": 1}[unit]), unit}
}

// program draws a program. Some questions have no answer in the design together, so that reversals is decided first: with
// reversals there are no gifts for streaks and no grace of tiers.
func (d drawing) program(reversals bool, begin int) Program {
	p := Program{Zone: pick(d, zones...), MemberClock: d.one(2), SundayWeeks: d.one(3)}
	p.Points = []Points{d.stars(), {ID: "gems", Rounding: "down"}}
	for i := range d.between(1, 3) {
		p.Rules = append(p.Rules, d.rule(fmt.Sprint("r", i), p.MemberClock))
	}
	if d.one(2) {
		p.Rules = append(p.Rules, Rule{ID: "use", When: "spend", Points: "stars", Rate: big.NewRat(1, 1), Take: true})
	}
	if d.one(3) {
		p.Rules = append(p.Rules, Rule{ID: "swap", When: "spend", Points: "gems", Fixed: 2, Take: true})
	}
	for i := range d.below(4) {
		b := Boost{ID: fmt.Sprint("b", i), Of: "stars", Stacks: d.one(2), Weekend: d.one(3)}
		if d.one(3) && (b.Stacks || !reversals) { // whether an amended event may have a boost that lost then is nowhere said
			b.Min = int64(d.between(1, 20)) * million
		}
		if d.one(2) {
			b.Plus = big.NewRat(int64(d.between(1, 9)), 2)
		} else {
			b.Times = big.NewRat(int64(d.between(5, 15)), 4)
		}
		p.Boosts = append(p.Boosts, b)
	}
	for i := range d.between(1, 3) {
		c := Counter{ID: fmt.Sprint("c", i), Fold: d.fold("add", "add", "highest", "lowest", "latest", "distinct")}
		switch d.below(3) {
		case 1:
			c.Every = pick(d, "day", "week", "month", "quarter", "year")
		case 2:
			c.Last = d.span("day", "week", "month")
		}
		p.Counters = append(p.Counters, c)
	}
	if d.one(2) {
		p.Streaks = append(p.Streaks, d.streak(reversals))
	}
	for i := range d.below(3) {
		p.Challenges = append(p.Challenges, d.challenge(fmt.Sprint("h", i), begin))
	}
	if d.one(2) {
		p.Tiers = append(p.Tiers, d.tier(reversals))
	}
	if !reversals && d.one(3) { // late events that join runs are rare enough to be helped along
		p.Tiers, p.Streaks = nil, []Streak{{ID: "s", Every: "day", AtLeast: 1, Goal: 2, Give: 3}}
	}
	return p
}

func (d drawing) stars() Points {
	p := Points{ID: "stars", Decimals: pick(d, 0, 0, 1, 2), Rounding: pick(d, "down", "nearest", "up"), Floor: d.one(4), Oldest: d.one(4)}
	switch d.below(4) {
	case 1:
		p.Expire.After = d.span("hour", "day", "week", "month")
	case 2:
		p.Expire = Expiry{After: d.span("day", "week", "month"), Idle: pick(d, "visit", "buy")}
	case 3:
		p.Expire = Expiry{Period: pick(d, "month", "quarter", "year"), Next: d.one(2)}
	}
	if d.one(3) {
		p.Pending = d.span("hour", "day")
	}
	return p
}

func (d drawing) rule(id string, memberClock bool) Rule {
	r := Rule{ID: id, When: pick(d, "buy", "buy", "visit"), Points: "stars", Fixed: int64(d.between(1, 20))}
	if r.When == "buy" {
		if d.one(3) {
			r.Min = int64(d.between(1, 20)) * million
		}
		if !d.one(4) {
			r.Rate, r.Fixed = big.NewRat(int64(d.between(1, 30)), 8), 0
		}
	}
	for range d.below(3) {
		l := d.limit(r, memberClock)
		if !slices.ContainsFunc(r.Limits, l.countsLike) {
			r.Limits = append(r.Limits, l)
		}
	}
	return r
}

// countsLike reports whether two limits differ in nothing but their number, of which a ruleset keeps the lower one.
func (l Limit) countsLike(o Limit) bool {
	l.N, l.OrNothing = o.N, o.OrNothing
	return l == o
}

func (d drawing) limit(r Rule, memberClock bool) Limit {
	l := Limit{N: int64(d.between(1, 4)), By: pick(d, "member", "member", "everyone", "key", "member and key")}
	if r.When != "buy" && l.By != "everyone" {
		l.By = "member"
	}
	if l.Points = d.one(2); l.Points {
		l.N *= 20
		l.OrNothing = d.one(3)
	}
	if l.Period = pick(d, "day", "week", "month", "quarter", "year", "ever", ""); l.Period == "" {
		if l.Last = d.span("day", "week"); memberClock {
			l.By = "member" // whose days those of several members are is nowhere said
		}
	}
	return l
}

func (d drawing) fold(kinds ...string) Fold {
	f := Fold{When: pick(d, "buy", "buy", "visit"), Kind: pick(d, kinds...)}
	if f.When == "visit" {
		f.Kind = "add"
	} else {
		f.Amount = d.one(2)
		if d.one(4) {
			f.Min = int64(d.between(1, 20)) * million
		}
	}
	if d.one(4) && f.Kind == "add" && !f.Amount {
		f.AtMost = d.between(1, 2)
	}
	return f
}

func (d drawing) streak(reversals bool) Streak {
	s := Streak{ID: "s", Every: pick(d, "day", "day", "week", "month"), AtLeast: pick(d, 1, 1, 2), Free: d.below(4)}
	if !reversals {
		s.Goal, s.Give, s.Free = d.between(2, 3), 3, d.below(2)
	}
	return s
}

func (d drawing) challenge(id string, begin int) Challenge {
	c := Challenge{ID: id, Fold: d.fold("add", "add", "highest", "distinct"), Give: int64(d.between(1, 5))}
	switch d.below(3) {
	case 1:
		c.From = begin + d.between(3, 12)
		c.Until = c.From + d.between(0, 15)
	case 2:
		c.Every = pick(d, "day", "week", "month")
	}
	goal := int64(0)
	for range d.between(1, 3) {
		goal += int64(d.between(1, 6))
		if c.Kind == "add" && c.Amount {
			goal += int64(d.between(1, 50))
		}
		c.Goals = append(c.Goals, goal)
	}
	if c.Kind == "add" && d.one(3) {
		c.Again, c.Goals = true, c.Goals[:1]
	}
	return c
}

func (d drawing) tier(reversals bool) Tier {
	t := Tier{ID: "t", Points: "stars", Levels: []int64{0}, ToMet: d.one(2)}
	switch d.below(3) {
	case 0:
		t.Every = pick(d, "month", "quarter", "year")
	case 1:
		t.Last = d.span("day", "week", "month")
	}
	for range d.between(1, 3) {
		t.Levels = append(t.Levels, t.Levels[len(t.Levels)-1]+int64(d.between(5, 60)))
	}
	if t.Every != "" {
		if d.one(2) {
			t.KeepEnd = pick(d, "month", "quarter", "year")
		} else if d.one(2) {
			t.Keep = d.span("day", "month")
		}
	}
	if !reversals && d.one(2) {
		t.Grace = d.span("day", "week")
	}
	return t
}

// A step is one thing that happens at an instant: an event is sent or sent again, voided, or amended to an amount; the
// engine restarts, with a checkpoint or without; both are compared, later if wanted.
type step struct {
	now        Instant
	do         string // send, again, void, amend, restart, compare
	event      Event
	amount     int64
	checkpoint bool
	later      Instant
}

// history is a program, its members' zones and what happens.
type history struct {
	program Program
	begin   Instant
	zones   []string
	steps   []step
}

const day = 86400 * second

func draw(seed int64) history {
	d := drawing{rand.New(rand.NewSource(seed))}
	begin, reversals := dayOf(pick(d, beginnings...)), d.one(2)
	h := history{program: d.program(reversals, begin), begin: int64(begin) * day}
	for range d.between(1, 3) {
		h.zones = append(h.zones, pick(d, zones...))
	}
	hours := pick(d, 30, 12, 6)
	now := h.begin + 80*3600*second // later than the latest late event after joining
	var sent []Event
	left := map[string]int64{}
	add := func(s step) {
		s.now = now
		h.steps = append(h.steps, s)
	}
	for i := range d.between(100, 300) {
		now += d.gap(hours)
		sent = append(sent, d.event(h, fmt.Sprintf("e%04d", i), d.below(len(h.zones)), now))
		add(step{do: "send", event: sent[i]})
		left[sent[i].ID] = sent[i].Amount
		old := sent[d.below(len(sent))]
		switch d.below(15) {
		case 0:
			add(step{do: "again", event: old})
		case 1:
			add(step{do: "restart", checkpoint: d.one(2)})
		case 2, 3:
			add(step{do: "compare", later: 0})
		}
		if n, open := left[old.ID]; reversals && d.one(6) && open && old.Type != "spend" {
			now += int64(d.below(7200)) * second
			if old.Type == "buy" && n >= million && d.one(2) {
				left[old.ID] = int64(d.below(int(n/10_000))) * 10_000
				add(step{do: "amend", event: old, amount: left[old.ID]})
			} else {
				delete(left, old.ID)
				add(step{do: "void", event: old})
			}
		}
	}
	add(step{do: "compare"})
	add(step{do: "compare", later: int64(d.below(90)) * day})
	return h
}

// event draws what a member does next: now, or up to 70 hours ago, often just around a midnight. Where there are tiers it is
// always now: the oracle walks all of time, while the engine judges a late contribution at its own time only.
func (d drawing) event(h history, id string, member int, now Instant) Event {
	e := Event{ID: id, Member: fmt.Sprint("m", member), Type: pick(d, "buy", "visit", "buy", "spend", "visit"), At: now, Arrived: now}
	switch e.Type {
	case "buy":
		e.Amount, e.Key = d.amount(), fmt.Sprint("k", d.below(4))
	case "spend":
		e.Amount = d.amount()
	}
	if !d.one(3) || len(h.program.Tiers) > 0 {
		return e
	}
	e.At -= int64(d.below(70*3600)) * second
	if d.one(4) {
		clock := newClock(h.zones[member], false)
		if at := clock.start(clock.day(e.At)+1) - int64(d.below(2))*second; at <= now {
			e.At = at
		}
	}
	return e
}

func (d drawing) amount() int64 {
	if d.one(3) {
		return int64(d.below(4000)) * million / 100
	}
	return int64(d.below(40)) * million
}

// gap is the time until the next arrival: mostly less than some hours, now and then weeks.
func (d drawing) gap(hours int) Instant {
	if d.one(15) {
		return int64(d.between(3, 40)) * day
	}
	return int64(d.below(hours*3600)) * second
}

func dayOf(date string) int {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return dayNumber(t.Date())
}
