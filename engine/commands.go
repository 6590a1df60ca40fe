package engine

import (
	"encoding/json"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Commands are the events of this package's own types: what people and jobs ask of a member's state. They go through the
// same door as events and into the same journal.
const (
	commandPut    = "member.put"
	commandEnroll = "member.enroll"
	commandGrant  = "points.grant"
	commandTake   = "points.take"
	commandShare  = "challenge.share"
	commandTime   = "time.passed"
	commandAdjust = "points.adjust"
)

var commands map[string]func(*applier, *event.Event)

func init() {
	commands = map[string]func(*applier, *event.Event){
		commandPut:    (*applier).put,
		commandEnroll: (*applier).enrollCommand,
		commandLeave:  (*applier).leaveCommand,
		commandGrant:  (*applier).grantCommand,
		commandTake:   (*applier).takeCommand,
		commandShare:  (*applier).shareCommand,
		commandTime:   passTime,
		commandAdjust: (*applier).adjustCommand,

		commandClaim:   (*applier).claimCommand,
		commandConfirm: (*applier).confirmCommand,
		commandCancel:  (*applier).cancelCommand,
		commandReturn:  (*applier).returnCommand,
		commandCodes:   (*applier).addCodes,
		commandFire:    (*applier).fireCommand,
		commandClose:   (*applier).fireCommand,
		commandTurn:    (*applier).turnCommand,
		commandFreeze:  (*applier).freezeCommand,
		commandRepair:  (*applier).repairCommand,

		commandErase: (*applier).eraseCommand,

		commandSeasonEnd:   (*applier).seasonCommand,
		commandSeasonTable: (*applier).seasonCommand,
		commandPlace:       (*applier).placeCommand,

		commandVoid:    (*applier).reverseCommand,
		commandAmend:   (*applier).reverseCommand,
		commandRelease: (*applier).reverseCommand,
		commandRefuse:  (*applier).reverseCommand,
		commandUndo:    (*applier).reverseCommand,
	}
}

// ofProgram reports whether a command is of no member.
func ofProgram(command string) bool {
	switch command {
	case commandCodes, commandFire, commandClose, commandTurn, commandSeasonEnd, commandSeasonTable:
		return true
	}
	return false
}

// newKeyed is a command of a member with a key. The event has a key of its own: the caller's may be of a request that ends.
func newKeyed(key, command, member string, data []byte) *event.Event {
	id := event.KeyedID(key)
	return &event.Event{ID: id, Kind: event.Command, Key: event.KeyOf(id), Type: command, Member: member, Data: data}
}

// derivedID is the id of an event of Laurel's own: its kind, and what it is made of. Those parts may be texts of senders that
// hold any character, which is why they are escaped: no two lists of parts make one id.
func derivedID(kind string, parts ...string) string {
	var b strings.Builder
	b.WriteString(event.Own)
	b.WriteString(kind)
	for _, part := range parts {
		b.WriteByte('/')
		_, _ = idPart.WriteString(&b, part)
	}
	return b.String()
}

var idPart = strings.NewReplacer("%", "%25", "/", "%2F")

// Profile is what member.put changes: built-in fields and declared ones. A field that is absent stays; a null one is cleared.
type Profile struct {
	Name     *string                    `json:"name,omitempty"`
	Timezone *string                    `json:"timezone,omitempty"`
	Fields   map[string]json.RawMessage `json:"fields,omitempty"`
}

// NewProfile is a member.put event. Its id, like that of every command, is told apart from those of senders.
func NewProfile(id, member string, p Profile) *event.Event {
	return &event.Event{ID: event.Own + "put/" + id, Kind: event.Command, Type: commandPut, Member: member, Data: encodeJSON(p)}
}

// NewEnrollment is an event that opts a member in to a challenge.
func NewEnrollment(id, member, challenge string) *event.Event {
	data := encodeJSON(enrollment{Challenge: challenge})
	return &event.Event{ID: event.Own + "enroll/" + id, Kind: event.Command, Type: commandEnroll, Member: member, Data: data}
}

// NewStreakEnrollment is an event that opts a member in to a streak.
func NewStreakEnrollment(id, member, streak string) *event.Event {
	return &event.Event{ID: event.Own + "enroll/" + id, Kind: event.Command, Type: commandEnroll, Member: member, Data: encodeJSON(enrollment{Streak: streak})}
}

// enrollment names one of the two.
type enrollment struct {
	Challenge string `json:"challenge,omitempty"`
	Streak    string `json:"streak,omitempty"`
}

// granted is points that a rule gives to another member, decided when its event was.
type granted struct {
	Points  string          `json:"points"`
	Source  Source          `json:"source"`
	Goal    string          `json:"goal,omitempty"`
	Amount  decimal.Decimal `json:"amount"`
	Wanted  decimal.Decimal `json:"wanted"`
	Boosts  []Boosted       `json:"boosts,omitempty"`
	Pending *Pending        `json:"pending,omitempty"`
	Terms   *Terms          `json:"terms,omitempty"` // of what an amendment gives more
	Badge   string          `json:"badge,omitempty"`
	Level   string          `json:"level,omitempty"`
	Reward  string          `json:"reward,omitempty"`
	Tier    string          `json:"tier,omitempty"`
}

// shared is a group's goal to be paid to one of those who brought enough.
type shared struct {
	Challenge string       `json:"challenge"`
	Window    calendar.Key `json:"window"`
	Group     string       `json:"group"`
	Goal      string       `json:"goal"`
}

// encodeJSON writes a command's data; its types have no values that JSON cannot hold.
func encodeJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("engine: a command's data must be writable as JSON: " + err.Error())
	}
	return data
}

// put changes the profile. The data has passed Check.
func (a *applier) put(e *event.Event) {
	var p Profile
	if json.Unmarshal(e.Data, &p) != nil {
		return
	}
	if p.Name != nil {
		a.m.Name = *p.Name
	}
	if p.Timezone != nil {
		if zone, err := a.current.zones.Load(*p.Timezone); err == nil {
			if before := a.current.CalendarOf(a.m).Zone; a.current.MemberClock && (a.m.Zone != nil || a.m.hasSent(a.current)) {
				a.m.travel(a.current, before, zone, e.Time)
			}
			a.m.Zone = zone
			a.breakElsewhere()
		}
	}
	values, errs := a.current.Member.DecodeFields(p.Fields)
	if len(errs) > 0 {
		return
	}
	for _, v := range values {
		a.changeField(a.current.Member.Field(v.Name).Slot, v.Value, e.Time)
	}
}

// breakElsewhere finds when running streaks break by the midnights of the member's new zone.
func (a *applier) breakElsewhere() {
	for _, rec := range a.m.Streaks {
		if s := a.current.streakOf(rec); s != nil && rec.Breaks > 0 {
			if at := a.m.StreakAt(a.current, s, a.now).BreaksAt; at > 0 {
				rec.Breaks = at
			}
		}
	}
}

func (a *applier) enrollCommand(e *event.Event) {
	var data enrollment
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.look(e)
	if ch := a.current.Challenge(data.Challenge); ch != nil {
		a.enroll(ch, e.Time)
	}
	if s := a.current.streak(data.Streak); s != nil {
		rec := a.m.needStreak(s.Key)
		if rec.Joined == 0 {
			rec.Joined = e.Time
		}
		a.out.replace(a.streakEffect(s, rec))
	}
}

func (a *applier) grantCommand(e *event.Event) {
	var g granted
	if json.Unmarshal(e.Data, &g) != nil {
		return
	}
	a.look(e)
	pending := Pending{}
	if g.Pending != nil {
		pending = *g.Pending
	}
	if p := a.current.PointsType(g.Points); p != nil {
		a.awarding.points(a, issue{p, g.Amount, g.Wanted, pending, g.Terms, g.Source, g.Goal, g.Boosts})
	}
	if b := find(a.current.Badges, g.Badge, func(b *Badge) string { return b.ID }); b != nil {
		if !a.earnBadge(b, g.Level, g.Source, e) {
			a.gave(BadgeEffect, b.ID, g.Level, g.Source)
		}
	}
	if r := a.current.Reward(g.Reward); r != nil {
		a.awarding.reward(a, r, g.Source, g.Goal, e)
	}
	if t := a.current.tier(g.Tier); t != nil {
		a.liftTier(t, g.Level, e)
	}
	if a.tiers {
		a.tiers = false
		a.rise(e.Time)
	}
}

func (a *applier) takeCommand(e *event.Event) {
	var g granted
	if json.Unmarshal(e.Data, &g) != nil {
		return
	}
	if p := a.current.PointsType(g.Points); p != nil {
		a.forfeit(p, g.Amount, g.Source)
	}
}

// shareCommand pays a group's goal to a member who brought enough before it was reached.
func (a *applier) shareCommand(e *event.Event) {
	var s shared
	if json.Unmarshal(e.Data, &s) != nil {
		return
	}
	ch := a.current.Challenge(s.Challenge)
	if ch == nil || ch.Counter == nil {
		return
	}
	mine := a.m.countOf(CountID{Name: ch.Counter.Name, Group: s.Group}).period(s.Window)
	if mine == nil {
		return
	}
	a.look(e)
	for _, g := range ch.Goals {
		if g.ID == s.Goal {
			a.payShare(ch, a.m.needChallenge(ch.Key), challengeWindow{key: s.Window, start: calendar.Beginning, open: true}, g, s.Group, &mine.Tally)
		}
	}
}

// parties are who receives and who gives, nil for one that is not known.
func (a *applier) parties(p *plannedRule) (to, from *Member) {
	to, from = a.m, a.m
	if p.to != "" {
		to = a.subjects.Member(p.to)
	}
	if p.from != "" {
		from = a.subjects.Member(p.from)
	}
	return to, from
}

// mayTransfer reports whether a rule has another member to give to or to take from, and notes why not.
func (a *applier) mayTransfer(p *plannedRule, to, from *Member) bool {
	r, name := p.rule, p.rule.Path
	switch {
	case to == nil || from == nil || p.toSelf(to, from):
		a.out.note("not_given", name, "the receiver or giver is not a known other member; nothing was given")
		a.trace.not(a.event.ID, name, r.Position, WhoseNot, "not a known other member")
	case r.ToField != nil && a.circular(to, r.ToField):
		a.out.note("not_given", name, "the receiver's own "+r.ToField.Name+" leads back to the member; nothing was given")
		a.trace.not(a.event.ID, name, r.Position, WhoseNot, "it leads back to the member")
	case a.event.Depth >= MaxDepth:
		a.out.note("depth", name, "too many events in a chain; nothing was given")
	default:
		return true
	}
	return false
}

// carryOver carries out a rule that gives to, or takes from, another member: limits and balances are decided here, the
// change itself is an event of that member, processed right after in the same commit.
func (a *applier) carryOver(p *plannedRule, to, from *Member) {
	r, name := p.rule, p.rule.Path
	if l := a.refusingLimit(r.Limits, to); l != nil {
		a.stoppedBy(l, name, r.Position, to)
		for i, g := range a.grantPlan[p.first : p.first+len(r.Give)] {
			switch {
			case g.grant.Badge == nil || !to.holds(g.grant.Badge, g.grant.Level):
			case to == a.m:
				a.gave(BadgeEffect, g.grant.Badge.ID, g.grant.Level, r.Source)
			default:
				a.giveTo(to, &a.grantPlan[p.first+i], r, false) // one more cause of what is held
			}
		}
		return
	}
	gives, takes := a.grantPlan[p.first:p.first+len(r.Give)], a.grantPlan[p.first+len(r.Give):p.last]
	if !a.decides.whole(a, gives, takes, r, to) {
		return
	}
	taken := false
	if from == a.m {
		taken = a.take(takes, r.Source)
	} else {
		taken = a.takeFrom(from, takes, r)
	}
	if !taken {
		a.stopped(name, r.Position, BalanceShort)
		return
	}
	fired := len(takes) > 0
	for i := range gives {
		if to == a.m {
			fired = a.givePlanned(&gives[i], r, false) || fired
		} else {
			fired = a.giveTo(to, &gives[i], r, len(takes) == 0) || fired
		}
	}
	if !fired {
		a.gaveNothing(r, to)
		return
	}
	a.countUse(r.Limits, r.Source, to)
	a.subjects.touchMember(to, to.Version) // its uses have changed; what it is given is an event of its own
	a.trace.fired(a.event.ID, name, r.Position)
}

// ofOthers reports whether a rule gives to, or takes from, another member.
func (p *plannedRule) ofOthers() bool { return p.to != "" || p.from != "" }

// toSelf reports whether a rule that is to give to another member, or take from one, would do so to the member at hand.
func (p *plannedRule) toSelf(to, from *Member) bool {
	return to == from && (p.to != "" || len(p.rule.Give) > 0)
}

// maxCircle bounds how far a circle of members is followed.
const maxCircle = 16

// circular reports whether a field of members, followed from one, leads back to the member at hand: they refer one another, and
// each would be paid for the other.
func (a *applier) circular(from *Member, field *event.Field) bool {
	for range maxCircle {
		f := from.schema.Field(field.Name)
		if f == nil || f.Slot >= len(from.Profile) {
			return false
		}
		next := from.Profile[f.Slot].Text()
		if next == a.m.ID {
			return true
		}
		if next == "" || next == from.ID {
			return false
		}
		if from = a.subjects.Member(next); from == nil {
			return false
		}
	}
	return false
}

// giveTo queues one line of a rule for another member. It reports false where limits leave nothing of it.
func (a *applier) giveTo(to *Member, g *plannedGrant, r *Rule, boosted bool) bool {
	data := granted{Source: r.Source, Level: g.grant.Level}
	switch {
	case g.grant.Badge != nil:
		data.Badge = g.grant.Badge.ID
	case g.grant.Reward != nil:
		data.Reward = g.grant.Reward.ID
	case g.grant.Tier != nil:
		data.Tier = g.grant.Tier.ID
	case g.grant.Points != nil:
		amount := g.base
		if boosted {
			amount, data.Boosts = a.boost(g, withinLimits)
		}
		wanted, err := amount.RoundTo(g.grant.Points.Decimals, g.grant.Points.Rounding)
		if err != nil {
			a.out.note("evaluation", r.Path, err.Error())
			return false
		}
		given := a.cap(r.Limits, g.grant.Points, wanted, to)
		if given == 0 {
			return wanted == 0
		}
		a.useBoosts(g.grant, data.Boosts)
		a.usePoints(r.Limits, g.grant.Points, given, to)
		data.Points, data.Amount, data.Wanted = g.grant.Points.ID, given, wanted
		if r.Pending.Set {
			data.Pending = &r.Pending
		}
	}
	a.queueFor(to.ID, commandGrant, r, data)
	return true
}

// takeFrom takes points from another member, all of them or none.
func (a *applier) takeFrom(from *Member, takes []plannedGrant, by *Rule) bool {
	amounts := make([]decimal.Decimal, len(takes))
	for i := range takes {
		p := takes[i].grant.Points
		d, err := takes[i].base.RoundTo(p.Decimals, p.Rounding)
		if err != nil || from.Balance(a.current, p, a.now).Spendable-a.promised(from, p) < d {
			return false
		}
		amounts[i] = d
	}
	for i := range takes {
		a.queueFor(from.ID, commandTake, by, granted{Points: takes[i].grant.Points.ID, Source: by.Source, Amount: amounts[i]})
	}
	return true
}

// promised is what this outcome takes from another member already; it is carried out right after.
func (a *applier) promised(from *Member, p *Points) (sum decimal.Decimal) {
	for _, e := range a.out.Queued {
		var g granted
		if e.Type == commandTake && e.Member == from.ID && json.Unmarshal(e.Data, &g) == nil && g.Points == p.ID {
			sum += g.Amount
		}
	}
	return sum
}

// queueFor queues a command for another member, under an id derived from the event, the definition and its order.
func (a *applier) queueFor(member, command string, by *Rule, data granted) {
	what := data.Points
	switch {
	case data.Badge != "":
		what = "badge." + data.Badge // a badge and a reward may have the same id
	case data.Reward != "":
		what = "reward." + data.Reward
	case data.Tier != "":
		what = "tier." + data.Tier
	}
	id := derivedID(command, a.event.ID, by.Path, what, member)
	a.out.Queued = append(a.out.Queued, &event.Event{ID: id, Kind: event.Derived, Type: command, Member: member, Time: a.event.Time, Timed: true,
		Arrived: a.now, Data: encodeJSON(data), Past: a.event.Past, Depth: a.event.Depth + 1})
	a.out.Effects = append(a.out.Effects, Effect{Kind: QueuedEffect, Cause: a.cause, ID: id, Source: by.Source,
		Queued: &Queued{Member: member, What: what, Take: command == commandTake}})
}
