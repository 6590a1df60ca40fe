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
		commandUse:     (*applier).useCommand,
		commandCodes:   (*applier).addCodes,
		commandFire:    (*applier).fireCommand,
		commandClose:   (*applier).fireCommand,
		commandTurn:    (*applier).turnCommand,
		commandFreeze:  (*applier).freezeCommand,
		commandRepair:  (*applier).repairCommand,

		commandErase: (*applier).eraseCommand,
		commandCard:  (*applier).cardCommand,
		commandMerge: (*applier).mergeCommand,

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
	Moved   bool            `json:"moved,omitempty"` // it is taken from a member
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

func (a *applier) grantCommand(e *event.Event) {
	var g granted
	if json.Unmarshal(e.Data, &g) != nil {
		return
	}
	a.lookByTerms(e, g.Terms)
	pending := Pending{}
	if g.Pending != nil {
		pending = *g.Pending
	}
	if p := a.current.PointsType(g.Points); p != nil {
		a.awarding.points(a, issue{p, g.Amount, g.Wanted, pending, g.Terms, g.Source, g.Goal, g.Boosts, g.Moved || g.Terms != nil})
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

// lookByTerms looks at a gift, by the clock by which what it adds to was counted.
func (a *applier) lookByTerms(e *event.Event, terms *Terms) {
	if a.look(e); terms != nil && terms.Zone != "" && a.current.MemberClock {
		a.facts.calendar.Zone = a.current.zones.Known(terms.Zone)
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
