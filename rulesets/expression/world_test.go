package expression

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// world is a small program whose events and members the tests ask about.
type world struct {
	rules    *engine.Ruleset
	purchase *engine.EventType
	refund   *engine.EventType
	names    *Names
}

func fieldOf(name string, t engine.FieldType) *engine.Field {
	return &engine.Field{Name: name, Type: t}
}

func maybeOf(name string, t engine.FieldType) *engine.Field {
	return &engine.Field{Name: name, Type: t, Optional: true}
}

func listOf(name string, optional bool, items ...*engine.Field) *engine.Field {
	return &engine.Field{Name: name, Type: engine.TypeList, Optional: optional, Items: engine.NewSchema("EUR", 2, items...)}
}

func newWorld() *world {
	w := &world{rules: &engine.Ruleset{Program: "test", Events: engine.BuiltinEvents(), Digits: 2}}
	w.rules.Calendar.Zone, _ = calendar.LoadZone("Europe/Berlin")
	w.purchase = &engine.EventType{Name: "purchase", Schema: engine.NewSchema("EUR", 2,
		fieldOf("order_id", engine.TypeText), fieldOf("amount", engine.TypeMoney), fieldOf("qty", engine.TypeInteger),
		fieldOf("paid", engine.TypeBoolean), fieldOf("due", engine.TypeDate), fieldOf("sent", engine.TypeTime),
		maybeOf("coupon", engine.TypeText), maybeOf("discount", engine.TypeMoney), maybeOf("gift", engine.TypeBoolean),
		fieldOf("address.city", engine.TypeText), maybeOf("address.zip", engine.TypeText),
		listOf("tags", false, fieldOf("", engine.TypeText)), listOf("scores", true, fieldOf("", engine.TypeNumber)),
		listOf("items", false, fieldOf("sku", engine.TypeText), fieldOf("qty", engine.TypeInteger),
			fieldOf("price", engine.TypeMoney), maybeOf("note", engine.TypeText), listOf("marks", false, fieldOf("", engine.TypeText))))}
	w.refund = &engine.EventType{Name: "refund", Schema: engine.NewSchema("EUR", 2,
		fieldOf("order_id", engine.TypeText), fieldOf("amount", engine.TypeNumber))}
	w.rules.Events = append(w.rules.Events, w.purchase, w.refund)
	w.rules.Member = engine.NewSchema("EUR", 2, maybeOf("country", engine.TypeText), maybeOf("birthday", engine.TypeDate),
		fieldOf("vip", engine.TypeBoolean), maybeOf("friend", engine.TypeMember), listOf("linked", true, fieldOf("", engine.TypeText)))
	w.define()
	w.rules.Link()
	return w
}

func (w *world) define() {
	d := func(id string) engine.Definition { return engine.Definition{ID: id, Title: id} }
	stars := &engine.Points{Definition: d("stars")}
	counter := &engine.Counter{Definition: d("visits"), Name: "counters/visits"}
	tier := &engine.Tier{Definition: d("club"), Counters: []*engine.Counter{counter},
		Ladder: challenges.Ladder{Levels: []challenges.Rung{{Name: "green"}, {Name: "gold", All: []challenges.Need{{At: 10 * decimal.One}}}}}}
	streak := &engine.Streak{Definition: d("daily"), Counter: &engine.Counter{Definition: d("daily"), Name: "streaks/daily"},
		Run: challenges.Streak{Every: calendar.Day, AtLeast: decimal.One}}
	challenge := &engine.Challenge{Definition: d("dash"), Counter: &engine.Counter{Definition: d("dash"), Name: "challenges/dash"},
		Goals: []*engine.Goal{{ID: "1", At: decimal.One}}}
	badge := &engine.Badge{Definition: d("first")}
	reward := &engine.Reward{Definition: d("coffee")}
	r := w.rules
	r.Points, r.Counters, r.Tiers = []*engine.Points{stars}, []*engine.Counter{counter}, []*engine.Tier{tier}
	r.Streaks, r.Challenges = []*engine.Streak{streak}, []*engine.Challenge{challenge}
	r.Badges, r.Rewards = []*engine.Badge{badge}, []*engine.Reward{reward}
	w.names = &Names{
		Points: map[string]*engine.Points{"stars": stars}, Counters: map[string]*engine.Counter{"visits": counter},
		Tiers: map[string]*engine.Tier{"club": tier}, Streaks: map[string]*engine.Streak{"daily": streak},
		Challenges: map[string]*engine.Challenge{"dash": challenge}, Badges: map[string]*engine.Badge{"first": badge},
		Rewards: map[string]*engine.Reward{"coffee": reward},
		Tables:  map[string]map[string]decimal.Decimal{"fares": {"flex": 2 * decimal.One, "saver": decimal.One / 2}},
		Audience: func(id string) *Audience {
			return map[string]*Audience{
				"vips": {Cond: func(f *engine.Facts) bool { return f.Profile(2).Boolean() }},
				"rich": {Cond: func(f *engine.Facts) bool { return f.Balance(stars) > 0 }, Kept: true},
			}[id]
		},
		AudienceIDs: []string{"rich", "vips"},
		Options:     map[string][]string{"badge": {"first"}},
	}
}

// scope is what a rule on a purchase may look at.
func (w *world) scope(events ...*engine.EventType) *Scope {
	if len(events) == 0 {
		events = []*engine.EventType{w.purchase}
	}
	return &Scope{Events: events, Member: w.rules.Member, Names: w.names, Kept: true}
}

func (w *world) event(t *engine.EventType) *engine.Event {
	at, _ := calendar.ParseInstant("2026-12-01T10:30:00Z") // a Tuesday, 11:30 in Berlin
	return &engine.Event{ID: "e1", Type: t.Name, Member: "ann", Time: at, Arrived: at, Fields: make([]engine.Value, len(t.Schema.Fields))}
}

func (w *world) member() *engine.Member {
	joined, _ := calendar.ParseInstant("2025-12-31T23:30:00Z") // already 2026 in Berlin
	return &engine.Member{ID: "ann", Name: "Ann", Joined: joined, Profile: make([]engine.Value, len(w.rules.Member.Fields))}
}

func (w *world) facts(event *engine.Event, member *engine.Member) *engine.Facts {
	f := &engine.Facts{}
	f.Reset(w.rules, event, member)
	return f
}

func set(values []engine.Value, s *engine.Schema, fields map[string]engine.Value) {
	for name, v := range fields {
		values[s.Field(name).Slot] = v
	}
}

func num(s string) engine.Value { return engine.NumberValue(decimal.MustParse(s)) }

func texts(words ...string) engine.Value {
	l := &engine.List{Rows: len(words), Width: 1}
	for _, w := range words {
		l.Cells = append(l.Cells, engine.TextValue(w))
	}
	return engine.ListValue(l)
}

// typical is a purchase by Ann with everything in it.
func (w *world) typical() *engine.Facts {
	e, m := w.event(w.purchase), w.member()
	due, _ := calendar.ParseDate("2026-12-24")
	born, _ := calendar.ParseDate("2000-02-29")
	set(e.Fields, w.purchase.Schema, map[string]engine.Value{
		"order_id": engine.TextValue("A-17"), "amount": num("42.50"), "qty": num("3"), "paid": engine.BooleanValue(true),
		"due": engine.DateValue(due), "sent": engine.TimeValue(e.Time), "address.city": engine.TextValue("Ulm"),
		"tags": texts("new", "web"), "items": w.items(),
	})
	set(m.Profile, w.rules.Member, map[string]engine.Value{
		"country": engine.TextValue("DE"), "birthday": engine.DateValue(born), "vip": engine.BooleanValue(true), "linked": texts("hotel"),
	})
	return w.facts(e, m)
}

func (w *world) items() engine.Value {
	return engine.ListValue(&engine.List{Rows: 2, Width: 5, Cells: []engine.Value{
		engine.TextValue("latte"), num("1"), num("4.50"), {}, texts("hot"),
		engine.TextValue("bun"), num("3"), num("2.25"), engine.TextValue("warm"), texts("hot", "sweet"),
	}})
}

// random is a purchase with random values, optional ones sometimes absent. Numbers are exact as floats too.
func (w *world) random(r *rand.Rand) *engine.Facts {
	e, m := w.event(w.purchase), w.member()
	for i, f := range w.purchase.Schema.Fields {
		e.Fields[i] = randomValue(r, f)
	}
	for i, f := range w.rules.Member.Fields {
		m.Profile[i] = randomValue(r, f)
	}
	return w.facts(e, m)
}

var someWords = []string{"a", "b", "web", "A-17", ""}

func randomValue(r *rand.Rand, f *engine.Field) engine.Value {
	if f.Optional && r.IntN(3) == 0 {
		return engine.Value{}
	}
	switch f.Type {
	case engine.TypeText, engine.TypeMember:
		return engine.TextValue(someWords[r.IntN(len(someWords))])
	case engine.TypeInteger:
		return engine.NumberValue(decimal.Decimal(r.IntN(7)-2) * decimal.One)
	case engine.TypeNumber, engine.TypeMoney:
		return engine.NumberValue(decimal.Decimal(r.IntN(40)-10) * decimal.One / 4)
	case engine.TypeBoolean:
		return engine.BooleanValue(r.IntN(2) == 0)
	case engine.TypeDate:
		return engine.DateValue(calendar.Date(20_000 + r.IntN(1000)))
	case engine.TypeTime:
		return engine.TimeValue(calendar.Instant(1_700_000_000_000_000 + r.Int64N(1e14)))
	}
	l := &engine.List{Rows: r.IntN(4), Width: len(f.Items.Fields)}
	for range l.Rows {
		for _, column := range f.Items.Fields {
			l.Cells = append(l.Cells, randomValue(r, column))
		}
	}
	return engine.ListValue(l)
}

// seeded is a source of randomness that prints its seed.
func seeded(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func condition(t testing.TB, w *world, source string) engine.Cond {
	e, errs := Condition(source, w.scope())
	require.Empty(t, errs, source)
	return e.Cond
}

func amount(t testing.TB, w *world, source string) engine.Amount {
	e, errs := Amount(source, w.scope())
	require.Empty(t, errs, source)
	return e.Amount
}
