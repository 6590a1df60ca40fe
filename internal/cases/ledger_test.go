package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// ledger translates awards, purchases, refunds, spending and holds. Points come of one event type, earning, so that an expiry
// after the last activity has one to count from; what is spent is a claim of a reward that costs as many points as one likes.
type ledger struct {
	config ledgerConfig
	places int    // fractional digits of the currency
	limit  string // on what is earned
	fields string // of the event, besides those of a ledger
	rules  string // further rules
	more   string // further sections of the ruleset

	expire  string // the phrase in force
	waits   []time.Duration
	holds   []time.Duration
	orders  map[string]*order
	asked   map[string]bool                // the steps of whom a result is expected
	sent    map[string]func() *event.Event // what each step's id stood for, for steps that are sent again
	answers map[string][]*answer
}

// ledgerConfig are the settings of a ledger, and of the families that have one.
type ledgerConfig struct {
	Zone     string `json:"tz"`
	Currency string `json:"currency"`
	Expiry   *struct {
		Type     string `json:"type"`
		Months   int    `json:"months"`
		Days     int    `json:"days"`
		Exact    bool   `json:"exact"`
		MonthDay string `json:"month_day"`
		Years    int    `json:"years_after"`
	} `json:"expiry"`
	ExpiryFrom  string      `json:"expiry_from"`
	SpendOrder  string      `json:"spend_order"`
	Negative    string      `json:"negative_policy"`
	ReturnGrace int         `json:"return_grace_days"`
	Earn        *earnConfig `json:"earn"`
	Cap         int64       `json:"cap_for_case"`
	LateHours   int         `json:"late_hours"`
}

type earnConfig struct {
	Points   json.Number `json:"points"`
	PerMinor json.Number `json:"per_minor"`
	Stack    string      `json:"stack"`
	Rounding string      `json:"rounding"`
}

// order is a purchase or an award under an order's id, and how much of it has not been refunded.
type order struct {
	event string
	left  int64
}

func newLedger(c *semanticCase, _ func() *world) family {
	l := &ledger{}
	c.configure(&l.config)
	l.prepare(c)
	return l
}

// prepare looks ahead at what the timeline needs of the ruleset: a rule for each time to wait, a reward for each hold.
func (l *ledger) prepare(c *semanticCase) {
	l.asked = c.asked()
	l.orders, l.sent, l.answers = map[string]*order{}, map[string]func() *event.Event{}, map[string][]*answer{}
	l.places = map[string]int{"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "TND": 3}[l.config.Currency]
	if l.places == 0 && l.config.Currency != "JPY" && l.config.Currency != "KRW" {
		l.places = 2
	}
	if l.config.Cap > 0 {
		l.limit = fmt.Sprintf("%d stars ever", l.config.Cap)
	}
	if l.config.ReturnGrace > 0 {
		cannot("what comes back after its expiry is expired: the language has no grace for returned points")
	}
	if l.config.ExpiryFrom == "earned" {
		cannot("an expiry counts from the day on which points become available: the language has no other")
	}
	l.expire = l.expiry()
	for _, s := range c.Timeline {
		if s.ReleaseAt != nil {
			l.waits = append(l.waits, between(s.At, *s.ReleaseAt))
		}
		if s.Action == "hold" {
			l.holds = append(l.holds, s.timeout())
		}
	}
}

// timeout is how long a hold lasts: 15 minutes where nothing is said.
func (s *step) timeout() time.Duration {
	if s.Timeout == 0 {
		return 15 * time.Minute
	}
	return time.Duration(s.Timeout) * time.Second
}

// expiry is the configured phrase, "" for never.
func (l *ledger) expiry() string {
	x := l.config.Expiry
	if x == nil {
		return ""
	}
	length := fmt.Sprintf("%d months", x.Months)
	if x.Days > 0 {
		length = fmt.Sprintf("%d days", x.Days)
	}
	switch {
	case x.Type == "never":
		return ""
	case x.Type == "rolling" && x.Exact:
		return exact(time.Duration(x.Days)*24*time.Hour) + " after earning"
	case x.Type == "rolling":
		return length + " after earning"
	case x.Type == "month_end":
		return "end of month, " + length + " after earning"
	case x.Type == "inactivity":
		return length + " after last earning"
	case x.Type == "calendar" && x.MonthDay == "12-31" && x.Years == 0:
		return "end of this year"
	case x.Type == "calendar" && x.MonthDay == "12-31" && x.Years == 1:
		return "end of next year"
	}
	cannot("the language has no expiry of type %s on %s after %d years", x.Type, x.MonthDay, x.Years)
	return ""
}

func (l *ledger) ruleset() string {
	zone, currency, late := l.config.Zone, l.config.Currency, l.config.LateHours
	if zone == "" {
		zone = "UTC"
	}
	if currency == "" {
		currency = "EUR"
	}
	if late == 0 {
		late = 72
	}
	policy := map[string]string{"clamp": "floor", "reject": "refuse"}[l.config.Negative]
	text := lines("program: worked_case", "clock: member", "timezone: "+zone, "currency: "+currency, fmt.Sprintf("late: %d hours", late),
		"events:",
		"  earning:",
		"    points?: number",
		"    wait?: text",
		"    order?: text",
		"    amount?: money",
		"    lines?: [{amount: money}]",
		"    x1?: number", "    x2?: number", "    x3?: number", "    x4?: number",
		l.fields,
		"points:",
		"  stars:",
		"    decimals: 0",
		line(l.expire != "", "    expire: %s", l.expire),
		line(policy != "", "    negative: %s", policy),
		line(l.config.SpendOrder == "fifo", "    spend: oldest"),
		line(l.config.Earn != nil && l.config.Earn.Rounding == "half_even_per_order", "    rounding: nearest"),
		"rules:",
		l.earning("award", "event.points"))
	if l.config.Earn != nil {
		text += l.earning("purchase", "event.amount")
	}
	text += l.rules
	if l.config.Earn != nil {
		text += l.boosts()
	}
	text += lines("rewards:", "  spend: {cost: {stars: 1 or more}}")
	for i, hold := range l.holds {
		if !slices.Contains(l.holds[:i], hold) {
			text += fmt.Sprintf("  %s: {cost: {stars: 1 or more}, hold: %s}\n", holdName(hold), exact(hold))
		}
	}
	return text + l.more
}

func holdName(d time.Duration) string { return "hold_" + strings.ReplaceAll(exact(d), " ", "_") }

// earning are the rules for what is given on a field: at once, once it is confirmed, or after each time that the timeline has.
func (l *ledger) earning(id, field string) string {
	text := l.rule(id, field, "not has(event.wait)", "none") +
		l.rule(id+"_to_confirm", field, `(event.wait ?? "") == "confirmed"`, "until confirmed")
	for i, wait := range l.waits {
		text += l.rule(fmt.Sprintf("%s_to_wait_%d", id, i), field, fmt.Sprintf(`(event.wait ?? "") == "%s"`, exact(wait)), exact(wait))
	}
	return text
}

func (l *ledger) rule(id, field, wait, pending string) string {
	amount := field + " ?? 0"
	if field == "event.amount" {
		amount = l.price()
	}
	return lines("  "+id+":", "    when: earning", "    if: has("+field+") and "+wait, "    give:", "      stars: "+amount, "    pending: "+pending,
		line(l.limit != "", "    limit: %s", l.limit))
}

// price is what a purchase is worth.
func (l *ledger) price() string {
	e := l.config.Earn
	rate := fmt.Sprintf("1%s * %s / %s", strings.Repeat("0", l.places), e.Points, e.PerMinor)
	switch e.Rounding {
	case "", "floor_per_order", "half_even_per_order":
		return "(event.amount ?? 0) * " + rate
	case "floor_per_line":
		return "sum(event.lines ?? [], floor(.amount * " + rate + "))"
	}
	unknown("rounding", e.Rounding)
	return ""
}

// boosts are those for the multipliers that a purchase names.
func (l *ledger) boosts() string {
	stack := l.config.Earn.Stack
	if stack == "add" { // 2x and 1.5x together are 2.5x
		return lines("boosts:", "  all:", "    of: stars", "    if: has(event.x1)",
			"    times: 1 + ((event.x1 ?? 1) - 1) + ((event.x2 ?? 1) - 1) + ((event.x3 ?? 1) - 1) + ((event.x4 ?? 1) - 1)")
	}
	text := "boosts:\n"
	for i := 1; i <= 4; i++ {
		text += lines(fmt.Sprintf("  x%d:", i), "    of: stars", fmt.Sprintf("    if: has(event.x%d)", i),
			fmt.Sprintf("    times: event.x%d ?? 1", i), line(stack != "best", "    stacks: true"))
	}
	return text
}

func (l *ledger) begin(w *world, _ []*step) {}

func (l *ledger) step(w *world, s *step) {
	switch s.Action {
	case "award", "earn":
		l.award(w, s)
	case "purchase":
		l.purchase(w, s)
	case "refund":
		l.again(w, s, func() func() *event.Event { return l.refund(s) })
	case "release":
		l.again(w, s, func() func() *event.Event { return always(engine.NewRelease(l.event(s))) })
	case "cancel":
		l.again(w, s, func() func() *event.Event { return always(engine.NewRefuse(l.event(s))) })
	case "spend", "hold", "capture", "void", "reverse_spend":
		l.claim(w, s)
	default:
		unknown("action", s.Action)
	}
}

func always(e *event.Event) func() *event.Event {
	return func() *event.Event { again := *e; return &again }
}

func (l *ledger) keep(s *step, a *answer) { l.answers[s.name()] = append(l.answers[s.name()], a) }

// again sends the command that a step's id stands for; the same one when the id comes twice.
func (l *ledger) again(w *world, s *step, command func() func() *event.Event) {
	if l.sent[s.name()] == nil {
		l.sent[s.name()] = command()
	}
	before := decimal.Decimal(0)
	if first := l.answers[l.event(s)]; len(first) > 0 && first[0].outcome != nil {
		before = w.ownReversed(s.member(), first[0].outcome.Seq)
	}
	a := w.send(l.sent[s.name()]())
	a.reversedBefore = before
	if a.refusal != nil && !l.asked[s.ID] {
		cannot("%s is refused, and nothing is expected of that: %v", s.name(), a.refusal)
	}
	l.keep(s, a)
}

// event is the id of the event of a step's order.
func (l *ledger) event(s *step) string {
	if o := l.orders[s.Order]; o != nil {
		return o.event
	}
	return "unknown/" + s.Order
}

// award gives points with an expiry of their own by a version of the ruleset that has it: points keep the phrase under which
// they were given.
func (l *ledger) award(w *world, s *step) {
	phrase := l.expiry()
	if s.ExpiresAt != nil {
		phrase = l.lasts(s.At, *s.ExpiresAt) + " after earning"
	}
	l.phrase(w, phrase)
	data := map[string]any{"points": s.Points}
	l.earn(w, s, data, 0)
}

// lasts is how long something lasts that ends at an instant: whole days where that is a midnight, else exactly.
func (l *ledger) lasts(from, until calendar.Instant) string {
	zone := zoneOf(l.config.Zone)
	if days := zone.Date(until) - zone.Date(from) - 1; days > 0 && zone.Start(zone.Date(until)) == until {
		return fmt.Sprintf("%d days", days)
	}
	return exact(between(from, until))
}

// phrase puts an expiry in force.
func (l *ledger) phrase(w *world, phrase string) {
	if phrase != l.expire {
		l.expire = phrase
		w.publish(l.ruleset())
	}
}

func (l *ledger) purchase(w *world, s *step) {
	l.phrase(w, l.expiry())
	sum, list := int64(0), []any{}
	if s.Minor != nil {
		s.Lines = []int64{*s.Minor}
	}
	for _, minor := range s.Lines {
		sum += minor
		list = append(list, map[string]any{"amount": l.major(minor)})
	}
	data := map[string]any{"amount": l.major(sum), "lines": list}
	for i, x := range s.Multipliers {
		data[fmt.Sprintf("x%d", i+1)] = x
	}
	l.earn(w, s, data, sum)
}

// earn sends an earning, of which so many minor units can be refunded.
func (l *ledger) earn(w *world, s *step, data map[string]any, minor int64) {
	if s.Order != "" {
		data["order"] = s.Order
		l.orders[s.Order] = &order{event: s.name(), left: minor}
	}
	switch {
	case s.ReleaseAt != nil:
		data["wait"] = exact(between(s.At, *s.ReleaseAt))
	case s.Pending:
		data["wait"] = "confirmed"
	}
	w.join(s.member(), l.zone(s))
	l.keep(s, w.happen(s.name(), "earning", s.member(), s.Occurred, data))
}

func (l *ledger) zone(s *step) string {
	if s.Zone != "" {
		return s.Zone
	}
	return l.config.Zone
}

// major writes an amount of minor units in the currency.
func (l *ledger) major(minor int64) json.Number {
	if l.places == 0 {
		return json.Number(strconv.FormatInt(minor, 10))
	}
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	digits := fmt.Sprintf("%0*d", l.places+1, minor)
	return json.Number(sign + digits[:len(digits)-l.places] + "." + digits[len(digits)-l.places:])
}

// refund is a void when nothing is kept, else an amendment to what is kept.
func (l *ledger) refund(s *step) func() *event.Event {
	o := l.orders[s.Order]
	if o == nil {
		return always(engine.NewVoid(l.event(s)))
	}
	if s.Minor != nil {
		o.left -= *s.Minor
	} else {
		o.left = 0
	}
	if o.left == 0 {
		return always(engine.NewVoid(o.event))
	}
	kept := map[string]any{"amount": l.major(o.left), "lines": []any{map[string]any{"amount": l.major(o.left)}}}
	return always(engine.NewAmend(o.event, []byte(written(kept))))
}

func (l *ledger) look(w *world, key string, want any) any {
	b := w.balance(soleMember, "stars")
	switch key {
	case "available", "points":
		return b.Spendable
	case "pending":
		return b.Pending
	case "held":
		return b.Held
	case "debt":
		return b.Debt
	case "balance":
		return b.Spendable + b.Held - b.Debt
	case "expired_total":
		return b.Expired
	case "spent_total":
		return b.Spent
	case "next_expiry":
		if len(b.Expires) == 0 {
			return nil
		}
		return map[string]any{"at": b.Expires[0].At, "points": b.Expires[0].Amount}
	case "granted":
		return l.granted(want)
	case "ledger_entries":
		return len(w.ledger(soleMember))
	case "results":
		return l.results(w, want)
	}
	return unknown("expectation", key)
}

// granted is what each of the steps that are asked about gave.
func (l *ledger) granted(want any) any {
	out := map[string]any{}
	for id := range asObject(want) {
		out[id] = decimal.Decimal(0)
		for _, a := range l.answers[id] {
			out[id] = a.points(soleMember)
		}
	}
	return out
}

func asObject(v any) map[string]any {
	object, ok := v.(map[string]any)
	if !ok {
		cannot("an object is expected here, not %s", written(v))
	}
	return object
}

// results are the outcomes of steps, by their ids, or in a list one for each delivery in its order.
func (l *ledger) results(w *world, want any) any {
	if list, ok := want.([]any); ok {
		seen, out := map[string]int{}, []any{}
		for _, x := range list {
			id, _ := asObject(x)["id"].(string)
			a := l.delivery(id, seen[id])
			seen[id]++
			row := map[string]any{"id": id, "ok": a.refusal == nil, "replayed": a.duplicate()}
			if a.refusal != nil {
				row["error"] = refused(a.refusal)
			}
			out = append(out, row)
		}
		return out
	}
	out := map[string]any{}
	for key, x := range asObject(want) {
		id, again := strings.CutSuffix(key, "#replay")
		if again {
			out[key] = map[bool]string{true: "replayed", false: "not replayed"}[l.delivery(id, 1).duplicate()]
			continue
		}
		out[key] = l.result(w, l.delivery(id, 0), x)
	}
	return out
}

func (l *ledger) delivery(id string, n int) *answer {
	if len(l.answers[id]) <= n {
		cannot("%s was not sent %d times", id, n+1)
	}
	return l.answers[id][n]
}

// result is one outcome in the form in which it is expected: a word, what was given, or what a reversal came to.
func (l *ledger) result(w *world, a *answer, want any) any {
	if a.refusal != nil {
		return refused(a.refusal)
	}
	switch want.(type) {
	case json.Number:
		return a.points(soleMember)
	case map[string]any:
		return reversed(w, a)
	}
	return "ok"
}

// reversed is what a reversal took back and where from, or what a return gave back.
func reversed(w *world, a *answer) map[string]any {
	out := map[string]any{}
	var clawed, own, forgiven, debt decimal.Decimal
	if rev := a.outcome.Revision; rev != nil {
		for _, c := range rev.Clawbacks {
			clawed, forgiven, debt = clawed+c.Amount, forgiven+c.Forgiven, debt+c.Debt
		}
		own = w.ownReversed(a.records[0].Event.Member, rev.Seq) - a.reversedBefore
		out["clawback"], out["forgiven_expired"], out["debt_added"] = clawed, forgiven, debt
		out["from_other"] = clawed - own - forgiven - debt
		return out
	}
	var back, lost decimal.Decimal
	for _, rec := range a.records {
		for _, e := range rec.Outcome.Entries {
			switch e.Kind {
			case engine.EntryReturned, engine.EntryRefunded:
				back += e.Amount
			case engine.EntryExpired:
				lost -= e.Amount
			}
		}
	}
	out["restored"], out["lost_expired"] = back-lost, lost
	return out
}

// ownReversed is how much of the points that an event gave has been taken back from what was left of them.
func (w *world) ownReversed(member string, seq uint64) (sum decimal.Decimal) {
	m := w.member(member)
	if m == nil {
		return 0
	}
	for _, acc := range m.Accounts {
		for _, lot := range acc.Lots() {
			if lot.Seq == seq {
				sum += lot.Reversed
			}
		}
	}
	return sum
}

// caseCodes are the words of cases for the engine's codes.
var caseCodes = map[string]string{engine.CodeConflict: "id_conflict", engine.CodeEventRefused: "already_cancelled"}

func refused(r *engine.Refusal) string {
	if word := caseCodes[r.Code]; word != "" {
		return word
	}
	return r.Code
}
