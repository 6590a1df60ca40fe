package engine

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Commands of closing a season. The first two are of no member.
const (
	commandSeasonEnd   = "season.end"   // lets the acceptance clock pass the instant at which a season closes
	commandSeasonTable = "season.table" // keeps the hash of its final table in the journal
	commandPlace       = "season.place" // what a place in the table brings a member
)

// seasonNames is what the ids of these commands begin with.
const seasonNames = event.Own + "season/"

// Prize is a row of a leaderboard's prizes. Its amounts of points are fixed.
type Prize struct {
	Places leaderboards.Places
	Give   []Grant
}

// earlier is a leaderboard as the version before had it.
type earlier struct {
	rules *Ruleset
	board *Leaderboard
	until calendar.Instant // when the present one took its place
}

// lastZone is where a day ends last on earth: with clock: member, the window of a group or a board is over only then.
var lastZone = func() *calendar.Zone {
	z, err := calendar.LoadZone("Etc/GMT+12")
	if err != nil {
		panic("engine: the embedded time zones lack Etc/GMT+12: " + err.Error())
	}
	return z
}()

// lastCalendar is by which a period is over for everybody: where each member's own midnight counts, that of the last zone.
func (r *Ruleset) lastCalendar() calendar.Calendar {
	if r.MemberClock {
		return calendar.Calendar{Zone: lastZone, WeekStart: r.Calendar.WeekStart}
	}
	return r.Calendar
}

// SeasonEnds is when a season of a board is over, by the clock that ends last; Forever for a board whose counter has no
// period (semantics: Leaderboards, Time).
func (r *Ruleset) SeasonEnds(b *Leaderboard, key calendar.Key) calendar.Instant {
	return r.lastCalendar().End(b.Counter.Every, key)
}

// SeasonCloses is when a season's table becomes final: `closes` after its end. A version that changes `closes` moves the
// seasons that are open when it takes over, never one that has closed by then, and closes none before that moment.
func (r *Ruleset) SeasonCloses(b *Leaderboard, key calendar.Key) calendar.Instant {
	if b.Counter.Every == calendar.Always {
		return calendar.Forever
	}
	at := r.Calendar.After(r.SeasonEnds(b, key), b.wait(r))
	if before := b.before; before.board != nil {
		if was := before.rules.SeasonCloses(before.board, key); was <= before.until {
			return was
		}
		at = max(at, before.until)
	}
	return at
}

// wait is how long after its end a season closes.
func (b *Leaderboard) wait(r *Ruleset) calendar.Duration {
	if b.Closes.IsZero() {
		return r.Late
	}
	return b.Closes
}

// Season is the label of the season of a board that an instant lies in: "2026-W49".
func (r *Ruleset) Season(b *Leaderboard, at calendar.Instant) string {
	return r.Calendar.Label(b.Counter.Every, r.Calendar.Key(b.Counter.Every, at))
}

// succeedBoards lets the boards of a version know when seasons closed under the version before it.
func (v Version) succeedBoards(before *Ruleset) {
	for _, b := range v.Rules.Leaderboards {
		b.before = earlier{}
		old := before.Leaderboard(b.ID)
		if old == nil || old.Counter.Every != b.Counter.Every {
			continue
		}
		if b.before = (earlier{before, old, v.From}); old.Closes == b.Closes && before.Late == v.Rules.Late &&
			before.Calendar == v.Rules.Calendar && before.MemberClock == v.Rules.MemberClock {
			b.before = old.before // nothing changes, and versions must not pile up
		}
	}
}

// seasonOver reports whether a season has closed for what is being applied: by the instant of its acceptance alone, so that
// no job and no lock is asked. Imported events count in a season that closed before the
// first live event, and in any other until a live event was accepted after its close. What time does counts at its own instant, however late it
// is written down: no season closes before all that was due by its close has been.
func (a *applier) seasonOver(closes calendar.Instant) bool {
	switch {
	case a.top.Past:
		return a.opened > 0 && closes > a.opened && a.accepted >= closes
	case a.phase == phaseTime:
		return min(a.accepted, a.event.Time) >= closes
	}
	return a.accepted >= closes
}

// seasonsOver reports whether the tables of all boards of a counter are final for a period.
func (a *applier) seasonsOver(c *Counter, key calendar.Key) bool {
	for _, b := range c.leaderboards {
		if !a.seasonOver(a.current.SeasonCloses(b, key)) {
			return false
		}
	}
	return true
}

// periodOver reports whether nothing can change a period of a counter any more: no event reaches it, and no table shows it.
func (a *applier) periodOver(c *Counter, key calendar.Key) bool {
	return a.longOver(a.current.lastCalendar().End(c.Every, key)) && a.seasonsOver(c, key)
}

// seasonOpen reports whether the table of a ranking can still change. One of a board that the ruleset does not have any more,
// or of another period than it has now, cannot.
func (a *applier) seasonOpen(ranking leaderboards.Key) bool {
	b := a.current.boardOf(ranking.Board)
	if b == nil {
		return false
	}
	key, err := a.current.Calendar.ParseLabel(b.Counter.Every, ranking.Season)
	return err == nil && !a.seasonOver(a.current.SeasonCloses(b, key))
}

// tooLate notes, once, that a board does not count what came after its season had closed.
func (a *applier) tooLate(b *Leaderboard, season string) {
	n := Note{Code: "season_closed", Definition: b.Path, Message: "season " + season + " is closed: its table stays as it is"}
	for _, told := range a.out.Notes {
		if told == n {
			return
		}
	}
	a.out.Notes = append(a.out.Notes, n)
}

// ending names a season that closes.
type ending struct {
	Leaderboard string `json:"leaderboard"`
	Season      string `json:"season"`
	Members     int64  `json:"members,omitempty"`
	Hash        string `json:"hash,omitempty"`
}

// Winnings are a place in the final table of a season, with what it wins as the table came to it: whoever applies it again needs
// nothing else.
type Winnings struct {
	Leaderboard string          `json:"leaderboard"`
	Season      string          `json:"season"`
	Split       string          `json:"split,omitempty"`
	Group       string          `json:"group,omitempty"` // that has the place, where groups are ranked
	Rank        int64           `json:"rank"`
	Score       decimal.Decimal `json:"score"`
	Give        []granted       `json:"give,omitempty"`
}

// seasonCommand does nothing to any state: that it was accepted is what counts.
func (a *applier) seasonCommand(*event.Event) {}

// placeCommand gives a member what a place in a closed season wins, dated at the close, however late it is carried out.
func (a *applier) placeCommand(e *event.Event) {
	var p Winnings
	if json.Unmarshal(e.Data, &p) != nil {
		return
	}
	board := Definition{ID: p.Leaderboard}
	board.from(LeaderboardSection)
	rank, ok := decimal.FromInt(p.Rank)
	if !ok {
		return
	}
	now, waiting := a.now, len(a.queue)
	a.now, a.phase = e.Time, phaseTime // it counts as of the close, however late the job
	a.look(e)
	cause := a.caused(Cause{Event: SeasonClosed, ID: p.Leaderboard, Goal: p.Season, Group: p.Group, At: e.Time})
	a.tellPlace(&p, board.Path, e)
	a.gives(a.winnings(&p), &board, p.Season, cause)
	fields := []event.Value{event.TextValue(p.Leaderboard), event.TextValue(p.Season), event.NumberValue(rank), event.NumberValue(p.Score)}
	a.raise(SeasonClosed, e.Time, fields...)
	a.enqueue(cause, SeasonClosed, e.Time, e.Depth, fields, e.ID)
	if a.tiers {
		a.tiers = false
		a.rise(e.Time)
	}
	a.drain(waiting)
	a.event, a.now, a.phase = e, now, phaseEvent
}

// tellPlace says why the member is given something, or nothing.
func (a *applier) tellPlace(p *Winnings, name string, e *event.Event) {
	if a.trace == nil {
		return
	}
	b := a.current.Leaderboard(p.Leaderboard)
	if b == nil {
		return
	}
	who := "rank "
	if p.Group != "" {
		who = "group " + p.Group + " came to rank "
	}
	said := who + strconv.FormatInt(p.Rank, 10) + " with " + p.Score.String() + " in season " + p.Season
	if p.Split != "" {
		said += " of " + p.Split
	}
	step := TraceStep{Event: e.ID, Definition: name, Position: b.Position, Fired: len(p.Give) > 0, Detail: said}
	if !step.Fired {
		step.Reason = NoPrize
	}
	a.trace.Steps = append(a.trace.Steps, step)
}

// winnings are what a place wins, as the grants of its board, whose boosts apply.
func (a *applier) winnings(p *Winnings) []Grant {
	var list []Grant
	board := a.asOf.Leaderboard(p.Leaderboard)
	for _, g := range p.Give {
		amount := g.Amount.Wide()
		grant := Grant{Points: a.current.PointsType(g.Points), Amount: func(*Facts) decimal.Wide { return amount }, Level: g.Level,
			Badge: find(a.current.Badges, g.Badge, func(b *Badge) string { return b.ID }), Reward: a.current.Reward(g.Reward), Tier: a.current.tier(g.Tier)}
		if grant.Points == nil && grant.Badge == nil && grant.Reward == nil && grant.Tier == nil {
			continue // the present version of the ruleset does not have it any more
		}
		if board != nil && grant.Points != nil {
			grant.Boosts = board.boostsOf(g.Points)
		}
		list = append(list, grant)
	}
	return list
}

// boostsOf are the boosts of what the board's prizes give of points: one that names the board applies to all of them.
func (b *Leaderboard) boostsOf(points string) []*Boost {
	for i := range b.Prizes {
		for j := range b.Prizes[i].Give {
			if g := &b.Prizes[i].Give[j]; g.Points != nil && g.Points.ID == points {
				return g.Boosts
			}
		}
	}
	return nil
}

// Winnings are a place of a season's final table and what it wins, of a pool (leaderboards.Final.Pool) and among so many.
func (b *Leaderboard) Winnings(season string, at ClosedPlace, pool []int64, total int64) Winnings {
	w := Winnings{Leaderboard: b.ID, Season: season, Split: at.Split, Rank: at.Rank, Score: at.Value,
		Give: b.award(at.Final, pool, total, at.Position == at.Rank)}
	if b.RanksGroups() {
		w.Group = at.Member
	}
	return w
}

// award is what a place wins: the points of all places that it is paid from, divided among those who are tied, of which the
// one who was there first has the remainder; badges, rewards and levels of its own rank, whole.
func (b *Leaderboard) award(f leaderboards.Final, pool []int64, total int64, first bool) []granted {
	sums := map[string]decimal.Decimal{}
	order := []*Points{}
	var list []granted
	prizes := b.PrizePlaces()
	own := leaderboards.RowOf(prizes, f.Rank, total)
	for i := range b.Prizes {
		for _, g := range b.Prizes[i].Give {
			switch {
			case g.Points != nil && pool[i] > 0:
				amount, err := g.Amount(&Facts{}).RoundTo(g.Points.Decimals, g.Points.Rounding)
				if err != nil {
					continue
				}
				if _, known := sums[g.Points.ID]; !known {
					order = append(order, g.Points)
				}
				sums[g.Points.ID] = plusTimes(sums[g.Points.ID], amount, pool[i])
			case g.Points == nil && i == own:
				list = append(list, granted{Badge: idOfBadge(g.Badge), Level: g.Level, Reward: idOfReward(g.Reward), Tier: idOfTier(g.Tier)})
			}
		}
	}
	var points []granted
	for _, p := range order {
		if amount := b.part(sums[p.ID], p, f.Tied, first); amount > 0 {
			points = append(points, granted{Points: p.ID, Amount: amount})
		}
	}
	return append(points, list...)
}

// plusTimes is a sum with an amount added so many times; what no number can hold stays at the greatest one.
func plusTimes(sum, amount decimal.Decimal, times int64) decimal.Decimal {
	if amount > (math.MaxInt64-sum)/decimal.Decimal(times) {
		return math.MaxInt64
	}
	return sum + amount*decimal.Decimal(times)
}

// part divides what tied places win, in the smallest units of the points.
func (b *Leaderboard) part(sum decimal.Decimal, p *Points, tied int64, first bool) decimal.Decimal {
	if b.Rules.Ties != leaderboards.Share || tied <= 1 {
		return sum
	}
	unit := decimal.One
	for range p.Decimals {
		unit /= 10
	}
	part := sum / unit / decimal.Decimal(tied) * unit
	if first {
		return sum - part*decimal.Decimal(tied-1)
	}
	return part
}

// PrizePlaces are the places of each row of the board's prizes.
func (b *Leaderboard) PrizePlaces() []leaderboards.Places {
	list := make([]leaderboards.Places, len(b.Prizes))
	for i := range b.Prizes {
		list[i] = b.Prizes[i].Places
	}
	return list
}

func idOfBadge(b *Badge) string {
	if b == nil {
		return ""
	}
	return b.ID
}

func idOfReward(r *Reward) string {
	if r == nil {
		return ""
	}
	return r.ID
}

func idOfTier(t *Tier) string {
	if t == nil {
		return ""
	}
	return t.ID
}

// NewSeasonEnd is the event that makes sure that a season of a board has closed: it is accepted at its close, or after.
func NewSeasonEnd(board, season string, closes calendar.Instant) *event.Event {
	return newSeasonCommand(commandSeasonEnd, "end", closes, ending{Leaderboard: board, Season: season})
}

// NewSeasonTable is the event that keeps the hash of a closed season's tables in the journal.
func NewSeasonTable(board string, s *ClosedSeason) *event.Event {
	return newSeasonCommand(commandSeasonTable, "table", s.ClosesAt, ending{Leaderboard: board, Season: s.Season, Members: s.Members, Hash: s.Hash})
}

// newSeasonCommand is a command about a season as a whole, dated at its close.
func newSeasonCommand(command, name string, closes calendar.Instant, data ending) *event.Event {
	id := seasonNames + name + "/" + data.Leaderboard + "/" + data.Season
	return &event.Event{ID: id, Kind: event.Derived, Type: command, Time: closes, Timed: true, Data: encodeJSON(data)}
}

// NewPlace is the event that gives a member what a place wins. Its id names the place's season and board, so that it comes
// once, however often it is sent.
func NewPlace(member string, closes calendar.Instant, p Winnings) *event.Event {
	id := seasonNames + "place/" + p.Leaderboard + "/" + p.Season + "/" + idPart.Replace(p.Split) + "/" + idPart.Replace(p.Group) + "/" + member
	return &event.Event{ID: id, Kind: event.Derived, Type: commandPlace, Member: member, Time: closes, Timed: true, Data: encodeJSON(p)}
}

// isSeason reports whether an event type is one of closing seasons.
func isSeason(command string) bool {
	return command == commandSeasonEnd || command == commandSeasonTable || command == commandPlace
}
