package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

func TestConditions(t *testing.T) {
	w := newWorld()
	for source, want := range map[string]bool{
		`event.amount >= 42.5`:                                              true,
		`event.amount > 42.5`:                                               false,
		`10 < event.amount`:                                                 true,
		`event.qty * 2 == 6`:                                                true,
		`event.order_id == "A-17" and not event.paid`:                       false,
		`event.paid == true`:                                                true,
		`event.order_id in ["x", 'A-17']`:                                   true,
		`event.order_id not in ["x"]`:                                       true,
		`event.qty in [1, 2, 3.0]`:                                          true,
		`event.due in ["2026-12-24", "2026-12-25"]`:                         true,
		`"web" in event.tags`:                                               true,
		`"hotel" in (member.linked ?? [])`:                                  true,
		`1 in (event.scores ?? [])`:                                         false,
		`event.order_id matches "^A-[0-9]+$"`:                               true,
		`event.order_id not matches "^B"`:                                   true,
		`any(event.items, .sku == "bun" and .qty >= 3)`:                     true,
		`all(event.items, .price < 4)`:                                      false,
		`none(event.items, .sku == "tea")`:                                  true,
		`any(event.items, has(.note) and .note == "warm")`:                  true,
		`any(event.items, any(.marks, # == "sweet"))`:                       true,
		`any(event.tags, # == "web")`:                                       true,
		`count(event.items, "hot" in .marks) == 2`:                          true,
		`has(event.coupon)`:                                                 false,
		`(event.coupon ?? "none") == "none"`:                                true,
		`not has(event.coupon) or event.coupon == "x"`:                      true,
		`has(event.coupon) ? event.coupon == "x" : event.paid`:              true,
		`(event.gift ?? member.vip)`:                                        true,
		`event.due == "2026-12-24" and event.due > event.date`:              true,
		`event.due != "2026-12-25"`:                                         true,
		`event.sent >= "2026-12-01" and event.sent < "2026-12-02"`:          true,
		`event.sent == event.time`:                                          true,
		`event.time < "2026-12-01T10:30:01Z"`:                               true,
		`event.day == "tuesday" and event.hour == 11`:                       true,
		`event.month == 12 and event.type == "purchase"`:                    true,
		`event.address.city == "Ulm"`:                                       true,
		`(event.address.zip ?? "") == ""`:                                   true,
		`event.is_first and not has(event.days_since_last)`:                 true,
		`member.joined == "2026-01-01"`:                                     true,
		`member.joined < "2026-01-01"`:                                      false,
		`member.id == "ann" and member.name == "Ann"`:                       true,
		`member.timezone == "Europe/Berlin"`:                                true,
		`member.points.stars == 0 and member.counter.visits == 0`:           true,
		`member.tier.club == "gold"`:                                        false,
		`member.tier.club in ["", "green"]`:                                 true,
		`member.has_badge.first or member.rewards.coffee > 0`:               false,
		`member.challenge.dash.done`:                                        false,
		`member.challenge.dash.progress + member.challenge.dash.times == 0`: true,
		`member.streak.daily == 0`:                                          true,
		`member.in.vips and not member.in.rich`:                             true,
		`any(event.items, member.in.vips)`:                                  true,
		`if event.paid { event.qty == 3 } else { false }`:                   true,
		`(if event.paid { "a" } else { "b" }) == "a"`:                       true,
		`(member.birthday ?? "2000-01-01") == "2000-02-29"`:                 true,
		`lower("ABC") == "abc" and len(event.order_id) == 4`:                true,
		`true or false`:                                                     true,
	} {
		f := w.typical()
		require.Equal(t, want, condition(t, w, source)(f), source)
		require.NoError(t, f.Failed(), source)
	}
}

func TestAmounts(t *testing.T) {
	w := newWorld()
	for source, want := range map[string]string{
		`0.1 + 0.2`:                       "0.3",
		`1_000 * .5`:                      "500",
		`event.amount * 2`:                "85",
		`1 / 3`:                           "0.333333333333",
		`-7.5 % 2`:                        "-1.5",
		`event.amount % 5`:                "2.5",
		`sum(event.items, .qty * .price)`: "11.25",
		`sum(event.scores ?? [])`:         "0",
		`sum(event.items, sum(event.items, .qty))`:               "8",
		`floor(-1.5) + ceil(1.2) + round(2.5) + round(3.5)`:      "6",
		`abs(-3) + min(1, 2, 0.5) + max(1, event.qty)`:           "6.5",
		`len(event.items) + len(event.tags) + len("é")`:          "5",
		`event.amount - (event.discount ?? 0)`:                   "42.5",
		`(event.discount ?? event.scores_total ?? 7)`:            "!",
		`table.fares[event.coupon ?? "flex"] ?? 9`:               "2",
		`table.fares.saver ?? 1`:                                 "0.5",
		`table.fares[event.order_id] ?? 9`:                       "9",
		`days_between(event.date, event.due)`:                    "23",
		`days_between("2026-12-24", event.sent)`:                 "-23",
		`age("2000-12-02")`:                                      "25",
		`age("2000-12-01")`:                                      "26",
		`has(member.birthday) ? age(member.birthday) : 0`:        "26",
		`month(event.due) * 100 + day(event.due)`:                "1224",
		`if event.paid { 100 } else { 0.5 }`:                     "100",
		`event.amount * 0.01 + (if event.paid { 1 } else { 0 })`: "1.425",
		`event.days_since_last ?? 99`:                            "99",
	} {
		if want == "!" {
			_, errs := Amount(source, w.scope())
			require.Len(t, errs, 1, source)
			continue
		}
		f := w.typical()
		require.Equal(t, want, amount(t, w, source)(f).String(), source)
		require.NoError(t, f.Failed(), source)
	}
}

func TestAgeOnTheLastOfFebruary(t *testing.T) {
	w := newWorld()
	f := w.typical()
	for date, want := range map[string]string{"2026-02-27T12:00:00Z": "25", "2026-02-28T12:00:00Z": "26",
		"2028-02-28T12:00:00Z": "27", "2028-02-29T12:00:00Z": "28"} {
		f.Event.Time, _ = calendar.ParseInstant(date)
		f.Reset(f.Rules, f.Event, f.Member)
		require.Equal(t, want, amount(t, w, `age(member.birthday ?? event.date)`)(f).String(), date)
	}
}

func TestEvaluationErrors(t *testing.T) {
	w := newWorld()
	f := w.typical()
	amount(t, w, `1 / (event.qty - 3)`)(f)
	require.ErrorIs(t, f.Failed(), decimal.ErrDivisionByZero)
	amount(t, w, `event.amount % (event.qty - 3)`)(f)
	require.ErrorIs(t, f.Failed(), decimal.ErrDivisionByZero)
	huge := strings.Repeat("event.amount * ", 20) + "event.amount"
	amount(t, w, huge)(f)
	require.ErrorIs(t, f.Failed(), decimal.ErrOverflow)
	require.NoError(t, f.Failed())
}

func TestBucketIsFixed(t *testing.T) {
	counts := map[int]int{}
	for i := range 20_000 {
		counts[Bucket("holdout\x00", "member"+decimal.Decimal(i).String())]++
	}
	require.Len(t, counts, 100)
	for _, n := range counts {
		require.InDelta(t, 200, n, 80)
	}
	require.Equal(t, 67, Bucket("holdout\x00", "ann"), "a bucket is the same for ever")
}

func TestKeysAndCollections(t *testing.T) {
	w := newWorld()
	f := w.typical()
	key := func(source string) event.Value {
		e, errs := Key(source, w.scope())
		require.Empty(t, errs, source)
		return e.Pick(f)
	}
	require.Equal(t, "A-17", key("event.order_id").Text())
	require.Equal(t, event.Absent, key("member.friend").Kind)
	require.Equal(t, "Ulm", key("event.address.city").Key())

	collect := func(source string) []string {
		e, errs := Keys(source, w.scope())
		require.Empty(t, errs, source)
		return e.Collect(f, nil)
	}
	require.Equal(t, []string{"latte", "bun"}, collect("event.items.sku"))
	require.Equal(t, []string{"warm"}, collect("event.items.note"))
	require.Equal(t, []string{"new", "web"}, collect("event.tags"))
	require.Equal(t, []string{"42.5"}, collect("event.amount"))
	require.Empty(t, collect("event.coupon"))
	require.Empty(t, collect("event.scores"))
}

func TestSeveralEventsShareFields(t *testing.T) {
	w := newWorld()
	e, errs := Condition(`event.order_id == "x" and event.type in ["purchase", "refund"]`, w.scope(w.refund, w.purchase))
	require.Empty(t, errs)
	f := w.facts(w.event(w.refund), w.member())
	set(f.Event.Fields, w.refund.Schema, map[string]event.Value{"order_id": event.TextValue("x")})
	require.True(t, e.Cond(f))
	_, errs = Condition(`event.amount > 3`, w.scope(w.refund, w.purchase)) // a number here, money there
	require.Len(t, errs, 1)
	require.Contains(t, errs[0].Message, "purchase does not declare amount as refund does")
}

func BenchmarkThreePartCondition(b *testing.B) {
	w := newWorld()
	f := w.typical()
	c := condition(b, w, `event.order_id == "A-17" and event.amount >= 10 and (member.country ?? "") in ["DE", "AT"]`)
	b.ReportAllocs()
	for b.Loop() {
		c(f)
	}
}
