package expression

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// world is a small program whose events and members the tests ask about.
type world struct {
	rules    *engine.Ruleset
	purchase *engine.EventType
	refund   *engine.EventType
	names    *Names
}

func fieldOf(name string, t event.FieldType) *event.Field {
	return &event.Field{Name: name, Type: t}
}

func maybeOf(name string, t event.FieldType) *event.Field {
	return &event.Field{Name: name, Type: t, Optional: true}
}

func listOf(name string, optional bool, items ...*event.Field) *event.Field {
	return &event.Field{Name: name, Type: event.TypeList, Optional: optional, Items: event.NewSchema("EUR", 2, items...)}
}

func newWorld() *world {
	w := &world{rules: &engine.Ruleset{Program: "test", Events: engine.BuiltinEvents(), Digits: 2}}
	w.rules.Calendar.Zone, _ = calendar.LoadZone("Europe/Berlin")
	w.purchase = &engine.EventType{Name: "purchase", Schema: event.NewSchema("EUR", 2,
		fieldOf("order_id", event.TypeText), fieldOf("amount", event.TypeMoney), fieldOf("qty", event.TypeInteger),
		fieldOf("paid", event.TypeBoolean), fieldOf("due", event.TypeDate), fieldOf("sent", event.TypeTime),
		maybeOf("coupon", event.TypeText), maybeOf("discount", event.TypeMoney), maybeOf("gift", event.TypeBoolean),
		fieldOf("address.city", event.TypeText), maybeOf("address.zip", event.TypeText),
		listOf("tags", false, fieldOf("", event.TypeText)), listOf("scores", true, fieldOf("", event.TypeNumber)),
		listOf("items", false, fieldOf("sku", event.TypeText), fieldOf("qty", event.TypeInteger),
			fieldOf("price", event.TypeMoney), maybeOf("note", event.TypeText), listOf("marks", false, fieldOf("", event.TypeText))))}
	w.refund = &engine.EventType{Name: "refund", Schema: event.NewSchema("EUR", 2,
		fieldOf("order_id", event.TypeText), fieldOf("amount", event.TypeNumber))}
	w.rules.Events = append(w.rules.Events, w.purchase, w.refund)
	w.rules.Member = event.NewSchema("EUR", 2, maybeOf("country", event.TypeText), maybeOf("birthday", event.TypeDate),
		fieldOf("vip", event.TypeBoolean), maybeOf("friend", event.TypeMember), listOf("linked", true, fieldOf("", event.TypeText)))
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

func (w *world) event(t *engine.EventType) *event.Event {
	at, _ := calendar.ParseInstant("2026-12-01T10:30:00Z") // a Tuesday, 11:30 in Berlin
	return &event.Event{ID: "e1", Type: t.Name, Member: "ann", Time: at, Arrived: at, Fields: make([]event.Value, len(t.Schema.Fields))}
}

func (w *world) member() *engine.Member {
	joined, _ := calendar.ParseInstant("2025-12-31T23:30:00Z") // already 2026 in Berlin
	return &engine.Member{ID: "ann", Name: "Ann", Joined: joined, Profile: make([]event.Value, len(w.rules.Member.Fields))}
}

func (w *world) facts(event *event.Event, member *engine.Member) *engine.Facts {
	f := &engine.Facts{}
	f.Reset(w.rules, event, member)
	return f
}

func set(values []event.Value, s *event.Schema, fields map[string]event.Value) {
	for name, v := range fields {
		values[s.Field(name).Slot] = v
	}
}

func num(s string) event.Value { return event.NumberValue(decimal.MustParse(s)) }

func texts(words ...string) event.Value {
	l := &event.List{Rows: len(words), Width: 1}
	for _, w := range words {
		l.Cells = append(l.Cells, event.TextValue(w))
	}
	return event.ListValue(l)
}

// typical is a purchase by Ann with everything in it.
func (w *world) typical() *engine.Facts {
	e, m := w.event(w.purchase), w.member()
	due, _ := calendar.ParseDate("2026-12-24")
	born, _ := calendar.ParseDate("2000-02-29")
	set(e.Fields, w.purchase.Schema, map[string]event.Value{
		"order_id": event.TextValue("A-17"), "amount": num("42.50"), "qty": num("3"), "paid": event.BooleanValue(true),
		"due": event.DateValue(due), "sent": event.TimeValue(e.Time), "address.city": event.TextValue("Ulm"),
		"tags": texts("new", "web"), "items": w.items(),
	})
	set(m.Profile, w.rules.Member, map[string]event.Value{
		"country": event.TextValue("DE"), "birthday": event.DateValue(born), "vip": event.BooleanValue(true), "linked": texts("hotel"),
	})
	return w.facts(e, m)
}

func (w *world) items() event.Value {
	return event.ListValue(&event.List{Rows: 2, Width: 5, Cells: []event.Value{
		event.TextValue("latte"), num("1"), num("4.50"), {}, texts("hot"),
		event.TextValue("bun"), num("3"), num("2.25"), event.TextValue("warm"), texts("hot", "sweet"),
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

func randomValue(r *rand.Rand, f *event.Field) event.Value {
	if f.Optional && r.IntN(3) == 0 {
		return event.Value{}
	}
	switch f.Type {
	case event.TypeText, event.TypeMember:
		return event.TextValue(someWords[r.IntN(len(someWords))])
	case event.TypeInteger:
		return event.NumberValue(decimal.Decimal(r.IntN(7)-2) * decimal.One)
	case event.TypeNumber, event.TypeMoney:
		return event.NumberValue(decimal.Decimal(r.IntN(40)-10) * decimal.One / 4)
	case event.TypeBoolean:
		return event.BooleanValue(r.IntN(2) == 0)
	case event.TypeDate:
		return event.DateValue(calendar.Date(20_000 + r.IntN(1000)))
	case event.TypeTime:
		return event.TimeValue(calendar.Instant(1_700_000_000_000_000 + r.Int64N(1e14)))
	}
	l := &event.List{Rows: r.IntN(4), Width: len(f.Items.Fields)}
	for range l.Rows {
		for _, column := range f.Items.Fields {
			l.Cells = append(l.Cells, randomValue(r, column))
		}
	}
	return event.ListValue(l)
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
