package engine

import (
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// AppendAnswer appends the JSON answer to an event (api: Events). The same outcome is always written in the same bytes.
func AppendAnswer(b []byte, o *Outcome) []byte {
	b = append(b, `{"id":`...)
	b = event.AppendText(b, o.ID)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, o.Seq, 10)
	b = append(b, `,"duplicate":`...)
	b = strconv.AppendBool(b, o.Duplicate)
	b = append(b, `,"ruleset":`...)
	b = event.AppendText(b, o.Ruleset)
	b = append(b, `,"effects":[`...)
	any, gifts := false, 0
	for i := range o.Effects {
		e := &o.Effects[i]
		if e.Hidden {
			continue
		}
		if any {
			b = append(b, ',')
		}
		any = true
		handing := Handing{}
		switch {
		case e.Kind != RewardEffect || e.Revoked:
		case e.Claim == "":
			handing.Holding = giftID(o.Seq, gifts)
			gifts++
		case o.Handing != nil:
			handing = *o.Handing
		}
		b = appendEffect(b, e, handing)
	}
	b = append(b, `],"notes":[`...)
	for i, n := range o.Notes {
		if i > 0 {
			b = append(b, ',')
		}
		w := object{b: append(b, '{')}
		w.text("code", n.Code)
		w.text("definition", n.Definition)
		w.text("message", n.Words())
		if n.Limit != "" {
			w.text("limit", n.Limit)
			w.number("used", n.Used)
		}
		w.b = append(w.b, '}')
		b = w.b
	}
	b = append(b, ']')
	if o.Merge != nil {
		b = appendMerge(append(b, `,"merged":`...), o.Merge)
	}
	return append(b, '}')
}

// appendMerge writes whom a merge was about and what it brought.
func appendMerge(b []byte, m *Merge) []byte {
	w := object{b: append(b, '{')}
	w.text("from", m.From)
	w.name("points")
	points := object{b: append(w.b, '{')}
	for i := range m.Moved {
		points.number(m.Moved[i].Points, m.Moved[i].Amount)
	}
	return append(points.b, '}', '}')
}

// MarshalJSON writes the answer to the event (AppendAnswer).
func (o *Outcome) MarshalJSON() ([]byte, error) { return AppendAnswer(nil, o), nil }

// object appends the members of one JSON object.
type object struct {
	b   []byte
	any bool
}

func (w *object) name(name string) {
	if w.any {
		w.b = append(w.b, ',')
	}
	w.any = true
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *object) text(name, v string) {
	w.name(name)
	w.b = event.AppendText(w.b, v)
}

// given writes a text that is left out when it is empty.
func (w *object) given(name, v string) {
	if v != "" {
		w.text(name, v)
	}
}

func (w *object) number(name string, v decimal.Decimal) {
	w.name(name)
	w.b = v.Append(w.b)
}

func (w *object) int(name string, v int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *object) flag(name string, v bool) {
	w.name(name)
	w.b = strconv.AppendBool(w.b, v)
}

// instant writes an instant; 0 is left out, and never is null.
func (w *object) instant(name string, v calendar.Instant) {
	switch v {
	case 0:
	case calendar.Forever:
		w.name(name)
		w.b = append(w.b, "null"...)
	default:
		w.name(name)
		w.b = append(w.b, '"')
		w.b = v.Append(w.b)
		w.b = append(w.b, '"')
	}
}

// source writes which definition gave something, by the kind of definition: "rule": "stars_per_euro".
func (w *object) source(s Source) {
	if s.ID != "" {
		w.text(s.Section.Word(), s.ID)
	}
}

func appendEffect(b []byte, e *Effect, handing Handing) []byte {
	w := object{b: append(b, '{')}
	w.text("kind", e.Kind.String())
	if e.Revoked {
		w.flag("revoked", true)
	}
	switch e.Kind {
	case PointsEffect:
		w.text("points", e.ID)
		w.number("amount", e.Amount)
		w.number("wanted", e.Wanted)
		w.source(e.Source)
		w.given("goal", e.Goal)
		if len(e.Boosts) > 0 {
			w.name("boosts")
			w.b = append(w.b, '[')
			for i, b := range e.Boosts {
				if i > 0 {
					w.b = append(w.b, ',')
				}
				w.b = event.AppendText(w.b, b.Boost)
			}
			w.b = append(w.b, ']')
		}
		if t := e.Took; t != nil {
			w.name("took")
			o := object{b: append(w.b, '{')}
			o.number("own", t.Own)
			o.number("others", t.Others)
			o.number("debt", t.Debt)
			o.number("forgiven", t.Forgiven)
			o.b = append(o.b, '}')
			w.b = o.b
		}
		w.instant("available_at", e.Available)
		w.instant("expires_at", e.Expires)
	case BadgeEffect:
		w.text("badge", e.ID)
		w.given("level", e.Level)
		w.given("from", e.From)
		if e.Source.Section != BadgeSection {
			w.source(e.Source)
		}
	case StreakEffect:
		w.text("streak", e.ID)
		w.int("length", int64(e.Length))
		w.int("longest", int64(e.Longest))
		w.text("state", e.State)
		w.instant("at_risk_at", e.AtRiskAt)
		w.instant("breaks_at", e.BreaksAt)
	case ChallengeEffect:
		w.text("challenge", e.ID)
		w.given("group", e.Group)
		w.number("progress", e.Amount)
		w.number("shown", e.Shown)
		w.number("goal", e.Wanted)
		w.flag("done", e.Done)
	case TierEffect:
		w.text("tier", e.ID)
		w.text("from", e.From)
		w.text("to", e.Level)
	case LeaderboardEffect:
		w.text("leaderboard", e.ID)
		w.given("season", e.Season)
		w.given("split", e.Split)
		w.given("group", e.Group)
		w.number("score", e.Amount)
		if m := e.Moved; m != nil && m.Rank > 0 {
			w.int("rank", m.Rank)
			w.name("previous_rank")
			if m.Previous > 0 {
				w.b = strconv.AppendInt(w.b, m.Previous, 10)
			} else {
				w.b = append(w.b, "null"...)
			}
		}
	case RewardEffect:
		w.text("reward", e.ID)
		if e.Claim == "" {
			w.source(e.Source)
		}
		w.given("goal", e.Goal)
		w.given("claim", e.Claim)
		w.given("state", e.State)
		w.given("holding", handing.Holding)
		w.given("where", handing.Where)
		w.given("code", e.Code)
		until := "expires_at"
		if e.State == ClaimOpen.String() {
			until = "held_until"
		}
		w.instant(until, e.Expires)
	case QueuedEffect:
		w.text("event", e.ID)
	case PromotionEffect:
		w.text("promotion", e.ID)
		w.text("state", e.State)
		w.instant("opened_at", e.Available)
		w.instant("closes_at", e.Expires)
	}
	return append(w.b, '}')
}
