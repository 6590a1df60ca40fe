package expression

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestErrors: each error at its place, marked by what is between « and », with what it says and suggests.
func TestErrors(t *testing.T) {
	w := newWorld()
	for _, c := range []struct{ source, message, suggestion string }{
		{`event.«amont» > 3`, `event has no field "amont"`, "did you mean amount?"},
		{`event.address.«town» == "x"`, `event.address has no field "town"`, "there is: city, zip"},
		{`event.«address» == "x"`, `event.address is a group of fields`, ""},
		{`event.amount.«cents» == 1`, `amount is a number and has no fields`, ""},
		{`event.items.«sku» == "x"`, `items is a list`, "any(event.items, .sku"},
		{`any(event.items, .«skuu» == "x")`, `each item has no field "skuu"`, "did you mean sku?"},
		{`«foo» == 3`, `there is no name foo`, `"foo"`},
		{`member.«contry» == "x"`, `member has no field "contry"`, "did you mean country?"},
		{`member.tier.«clup» == "gold"`, `there is no tier "clup"`, "did you mean club?"},
		{`member.tier.club == «"golt"»`, `there is no level of club "golt"`, "did you mean gold?"},
		{`member.tier.club in ["green", «"platinum"»]`, `there is no level of club "platinum"`, "there is: gold, green"},
		{`event.day == «"tuesdays"»`, `there is no day "tuesdays"`, "did you mean tuesday?"},
		{`event.type == «"purchace"»`, `there is no event`, "did you mean purchase?"},
		{`member.challenge.«dash»`, `write what of the challenge`, "done, progress, times"},
		{`member.challenge.dash.«don»`, `a challenge has no "don"`, "did you mean done?"},
		{`member.in.«vip»`, `there is no audience "vip"`, "did you mean vips?"},
		{`«event.coupon» == "x"`, `event.coupon may be missing here`, `(event.coupon ?? …)`},
		{`has(event.coupon) or «event.coupon» == "x"`, `may be missing`, ""},
		{`not has(event.coupon) and «event.coupon» == "x"`, `may be missing`, ""},
		{`if has(event.coupon) { true } else { «event.coupon» == "x" }`, `may be missing`, ""},
		{`any(event.items, «.note» == "x")`, `.note may be missing here`, `has(.note)`},
		{`any(event.items, has(.note)) and any(event.items, «.note» == "x")`, `.note may be missing`, ""},
		{`«table.fares[event.order_id]» > 1`, `may be missing here`, "?? 0"},
		{`table.«fare»[event.order_id] ?? 1 > 1`, `?? cannot be mixed`, "parentheses"},
		{`(table.«fare»[event.order_id] ?? 1) > 1`, `there is no table fare`, "did you mean fares?"},
		{`(table.«fares».flexx ?? 1) > 1`, `table fares has no "flexx"`, "did you mean flex?"},
		{`«event.amount == "x"»`, `a number cannot be compared with text`, "without quotes"},
		{`event.order_id «>» "x"`, `text has no order`, ""},
		{`event.due < «"2026-13-01"»`, `"2026-13-01" is not a date`, "2026-12-31"},
		{`«event.amount»`, `a condition must be true or false, but this is a number`, ""},
		{`event.amount + «"x"» > 3`, `+ needs numbers, but this is text`, ""},
		{`«event.amount» and event.paid`, `and joins conditions, but this is a number`, ""},
		{`event.order_id matches «event.address.city»`, `the pattern must be a text in quotes`, ""},
		{`event.order_id matches «"("»`, `missing closing`, "RE2"},
		{`event.qty in [1, «"x"»]`, `a number cannot be in a list with text`, ""},
		{`event.qty in [1, «event.qty»]`, `made of constants`, ""},
		{`event.qty in «[»]`, `nothing is in an empty list`, ""},
		{`«"x" in event.items»`, ``, ""},
		{`«now»() > 3`, `there is no function now`, "event.time"},
		{`«flor»(event.amount) > 3`, `there is no function flor`, "did you mean floor?"},
		{`«bucket»("a", "b") > 3`, `bucket does not take 2 arguments`, `bucket("salt")`},
		{`bucket(«event.order_id») > 3`, `the salt of bucket is a text in quotes`, ""},
		{`age(«event.order_id») > 3`, `this must be a date, but it is text`, ""},
		{`has(«event.qty + 1»)`, `has asks whether an optional field was sent`, ""},
		{`1 < «event.qty» < 3`, `comparisons cannot be chained`, "and"},
		{`event.qty «**» 2 > 3`, `** is not part of the language`, "multiply"},
		{`event.qty in 1 «..» 3`, `.. is not part of the language`, "compare"},
		{`event.order_id «contains» "x"`, `contains is not part of the language`, "matches"},
		{`event.coupon == «nil»`, `nil is not part of the language`, "has(x)"},
		{`let «x» = event.qty; x > 2`, `variables are not part of the language`, ""},
		{`«event?.coupon» == "x"`, `?. is not part of the language`, "??"},
		{`event.order_id «|» lower() == "x"`, `pipes are not part of the language`, "lower(x)"},
		{`«$env».event == 3`, `there is no name $env`, ""},
		{`«event.amount»() > 3`, `methods are not part of the language`, ""},
		{`«event.tags[0]» == "x"`, `only a table is read by key`, "any(event.items"},
		{`«event.qty ?: 3» > 3`, ``, ""},
		{`event.qty «=» 3`, `one = does not compare`, "=="},
		{`event.qty >«»`, `the expression ends too early`, ""},
		{`event.qty > 3 «then» 4`, `then is not expected here`, ""},
		{`event.order_id == «"x»`, `the text is not closed by a quote`, ""},
		{`event.qty > «1e3»`, `1e3: not a decimal number`, "digits"},
		{`event.qty > «0x10»`, `0x10: not a decimal number`, ""},
		{`event.qty > «0.1234567890123»`, `too many fractional digits`, "twelve"},
		{`«1 / 0» > 3`, `this always fails: division by zero`, ""},
		{`any(event.items, any(.marks, any(«event.tags», # == "x")))`, `nested more than twice`, ""},
		{`«#» == 3`, ``, ""},
	} {
		source := strings.NewReplacer("«", "", "»", "").Replace(c.source)
		t.Run(source, func(t *testing.T) {
			_, errs := Condition(source, w.scope())
			require.NotEmpty(t, errs, source)
			require.Contains(t, errs[0].Message, c.message, source)
			require.Contains(t, errs[0].Suggestion, c.suggestion, source)
			if c.message == "" {
				return
			}
			before, rest, _ := strings.Cut(c.source, "«")
			marked, _, _ := strings.Cut(rest, "»")
			from := len([]rune(before))
			if marked != "" && !strings.Contains(c.message, "nested") && !strings.Contains(c.message, "closed") && !strings.Contains(c.message, "mixed") {
				require.Equal(t, from, errs[0].From, source)
				require.Equal(t, marked, string([]rune(source)[errs[0].From:errs[0].To]), source)
			}
		})
	}
}

func TestAllErrorsOfAnExpression(t *testing.T) {
	w := newWorld()
	_, errs := Condition(`event.amont > 3 and member.tier.club == "golt" or event.coupon == 1 and flor(2) > foo`, w.scope())
	var said []string
	for _, e := range errs {
		said = append(said, e.Message)
	}
	require.Equal(t, []string{
		`event has no field "amont"`, `there is no level of club "golt"`, "event.coupon may be missing here", "there is no function flor",
		"there is no name foo",
	}, said)
}

func TestBounds(t *testing.T) {
	w := newWorld()
	for source, message := range map[string]string{
		strings.Repeat("(", 600_000):                                "characters",
		strings.Repeat("é", MaxLength+1):                            "characters",
		"event.qty" + strings.Repeat("+1", 150) + " > 3":            "more than 200 parts",
		strings.Repeat("not ", 300) + "event.paid":                  "more than 200 parts",
		strings.Repeat("1<(", 40) + "1" + strings.Repeat(")<1", 40): "chained", // exponential if it were walked
		strings.Repeat("if true { 1 } else ", 90) + "{ 2 }":         "more than 200 parts",
	} {
		_, errs := Condition(source, w.scope())
		require.NotEmpty(t, errs, source[:20])
		require.Contains(t, errs[0].Message, message, source[:20])
	}
	_, errs := Condition(strings.Repeat("(", 900)+"event.paid"+strings.Repeat(")", 900), w.scope())
	require.Empty(t, errs)
}

func TestWhoMayReadWhat(t *testing.T) {
	w := newWorld()
	progress := &Scope{Events: w.scope().Events, Member: w.rules.Member, Names: w.names, Reader: "a challenge"}
	for _, source := range []string{
		`member.points.stars > 3`, `event.is_first`, `(event.days_since_last ?? 0) > 3`, `member.tier.club == "gold"`, `member.in.rich`,
		`member.counter.visits > 3`, `member.has_badge.first`, `member.challenge.dash.done`,
	} {
		_, errs := Condition(source, progress)
		require.Len(t, errs, 1, source)
		require.Contains(t, errs[0].Message, "a challenge may not read", source)
		e, errs := Condition(source, w.scope())
		require.Empty(t, errs, source)
		require.True(t, e.Kept, source)
	}
	e, errs := Condition(`member.vip and event.amount > 3 and member.in.vips`, progress)
	require.Empty(t, errs)
	require.False(t, e.Kept)
	require.Equal(t, []string{"amount"}, e.EventFields)

	member := &Scope{Member: w.rules.Member, Names: w.names, Kept: true}
	_, errs = Condition(`event.paid and member.vip`, member)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0].Message, "there is no event here")

	unknown := &Scope{AnyEvent: true, Member: w.rules.Member, Names: w.names, Kept: true}
	_, errs = Condition(`event.whatever > 3 and member.vop`, unknown)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0].Message, `member has no field "vop"`)
}

func TestEventFields(t *testing.T) {
	require.Equal(t, []string{"address.city", "amount", "items"},
		EventFields(`event.amount > 3 and any(event.items, .sku == "x") and event.address.city == "y" and event.day == "monday"`))
	require.Empty(t, EventFields(`member.vip`))
	require.Nil(t, EventFields(`event.`))
}

func TestDidYouMean(t *testing.T) {
	require.Equal(t, "did you mean purchase?", DidYouMean("purchse", []string{"visit", "purchase"}))
	require.Equal(t, "there is: a, b", DidYouMean("zzzzz", []string{"b", "a"}))
	require.Empty(t, DidYouMean("zzzzz", nil))
}
