package oracle

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
)

// Row is a row of a board.
type Row struct {
	Rank    int64
	Subject string
	Value   int64
}

// season is one season of a board: its table, as long as it is open, is what its counter says.
type season struct {
	board string
	start int // first day
	split string
}

// prize is what a member won when a season closed.
type prize struct {
	points string
	seq    int
	at     Instant
	day    int // the winner's
	amount int64
}

func (w *World) counterOf(b Board) Counter {
	i := slices.IndexFunc(w.Program.Counters, func(c Counter) bool { return c.ID == b.Counter })
	return w.Program.Counters[i]
}

// ends is when a season is over, by the clock that ends last.
func (w *World) ends(c Counter, start int) Instant {
	zone := w.Program.Zone
	if w.Program.MemberClock {
		zone = "Etc/GMT+12"
	}
	clock := w.clock(zone)
	return clock.start(clock.nextPeriod(c.Every, start))
}

// closes is when the table of a season becomes final.
func (w *World) closes(b Board, start int) Instant {
	c := w.counterOf(b)
	if c.Every == "" {
		return Forever
	}
	wait := b.Closes
	if wait.N == 0 {
		wait = Span{72, "hour"}
	}
	return w.clock(w.Program.Zone).later(w.ends(c, start), wait)
}

// splits are the values by which a board is split.
func (b Board) splits() []string {
	if b.Split {
		return []string{"k0", "k1", "k2", "k3"}
	}
	return []string{""}
}

// closeTables keeps the tables of the seasons that have closed by now, whatever happens later.
func (w *World) closeTables(now Instant) {
	for w.closeNext(now) {
	}
}

// miss keeps the tables empty of those seasons of a day that closed before anything came.
func (w *World) miss(clock *clock, day int, now Instant) {
	for _, b := range w.Program.Boards {
		c := w.counterOf(b)
		start := clock.periodStart(c.Every, day)
		if w.closes(b, start) > now {
			continue
		}
		for _, split := range b.splits() {
			if _, closed := w.closed[season{b.ID, start, split}]; !closed {
				w.closed[season{b.ID, start, split}] = nil
				w.reach("too late for its season")
			}
		}
	}
}

// nextClose is the season that closes first of those that have not.
func (w *World) nextClose() (next Board, start int, closes Instant) {
	closes = Forever
	for _, b := range w.Program.Boards {
		c := w.counterOf(b)
		if c.Every == "" {
			continue
		}
		for _, first := range w.seasons(c) {
			if _, closed := w.closed[season{b.ID, first, b.splits()[0]}]; closed {
				continue
			}
			if at := w.closes(b, first); at < closes {
				next, start, closes = b, first, at
			}
		}
	}
	return next, start, closes
}

// closeNext keeps the table of the next season that has closed by now.
func (w *World) closeNext(now Instant) bool {
	b, start, closes := w.nextClose()
	if closes > now {
		return false
	}
	w.closeTable(b, start, closes)
	return true
}

func (w *World) closeTable(b Board, start int, closes Instant) {
	for _, split := range b.splits() {
		s := season{b.ID, start, split}
		w.closed[s] = w.table(b, start, split)
		w.reach("season closed")
		if len(b.Prizes) > 0 {
			w.prizes = append(w.prizes, w.wins(b, s, closes)...)
		}
	}
}

// seasons are the first days of the periods in which something was counted, and of those whose tables are kept.
func (w *World) seasons(c Counter) (list []int) {
	known := map[int]bool{}
	for _, m := range w.members {
		for _, h := range w.ofMember(c, m) {
			if start := m.clock.periodStart(c.Every, h.day); !known[start] {
				known[start] = true
				list = append(list, start)
			}
		}
	}
	slices.Sort(list)
	return list
}

// Board is the table of a board in the season of an instant, for one split value.
func (w *World) Board(b Board, split string, now Instant) []Row {
	clock := w.clock(w.Program.Zone)
	start := clock.periodStart(w.counterOf(b).Every, clock.day(now))
	if table, closed := w.closed[season{b.ID, start, split}]; closed {
		return table
	}
	return w.table(b, start, split)
}

// table is a table as its counter says now.
func (w *World) table(b Board, start int, split string) []Row {
	c, clock := w.counterOf(b), w.clock(w.Program.Zone)
	in := func(h *happened) bool {
		return (c.Every == "" || clock.periodStart(c.Every, h.day) == start) && (!b.Split || h.Key == split)
	}
	type score struct {
		Row
		exact *big.Rat // millionths
		reading
	}
	var table []score
	add := func(subject string, events []*happened) {
		if r, any := c.last(events, in); any {
			table = append(table, score{Row{0, subject, r.value}, big.NewRat(r.value, 1), r})
		}
	}
	if b.Average {
		c.By = "team"
	}
	if c.By == "team" {
		for _, team := range teams {
			if all := w.contributions(c, team, nil); !b.Average {
				add(team, all)
			} else if mean := w.average(b, c, team, in); mean != nil {
				r, _ := c.last(all, in)
				table = append(table, score{Row{0, team, halfEven(mean).Int64()}, mean, r})
			}
		}
	} else {
		for id, m := range w.members {
			add(id, w.ofMember(c, m))
		}
	}
	slices.SortFunc(table, func(x, y score) int {
		order := y.exact.Cmp(x.exact)
		if b.Lowest {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(x.reached, y.reached), strings.Compare(x.Subject, y.Subject))
	})
	var rows []Row
	for i, s := range table {
		if i > 0 && s.exact.Cmp(table[i-1].exact) == 0 && s.reached < table[i-1].zero {
			w.reach("zero moves no tie")
		}
		s.Rank = int64(i + 1)
		if i > 0 && b.Ties != "earliest" {
			if s.exact.Cmp(table[i-1].exact) == 0 {
				s.Rank = rows[i-1].Rank
				w.reach("tie")
			} else if b.Ties == "dense" {
				s.Rank = rows[i-1].Rank + 1
			}
		}
		rows = append(rows, s.Row)
	}
	if len(rows) > 1 {
		w.reach("board of several")
	}
	return rows
}

// average is that of the members of a team who contributed often enough to it, in millionths; nil where nobody did.
func (w *World) average(b Board, c Counter, team string, in inside) *big.Rat {
	sum, members := int64(0), int64(0)
	for _, m := range w.members {
		mine := func(h *happened) bool { return h.team == team && in(h) }
		switch n := len(c.counted(m.counted, mine)); {
		case n == 0:
		case n < b.AtLeast:
			w.reach("too few contributions for an average")
		default:
			r, _ := c.last(m.counted, mine)
			sum, members = sum+r.value, members+1
		}
	}
	if members == 0 {
		return nil
	}
	if members > 1 {
		w.reach("average of several")
	}
	return big.NewRat(sum, members)
}

// winning is what a subject of a closed season has won and not been given yet.
type winning struct {
	member string
	prize  prize
}

// place is the row of prizes that pays a place, nil for none: the narrowest that covers it, of equally narrow ones the first.
func (b Board) place(rank, members int) (best *Prize) {
	width := 0
	for i := range b.Prizes {
		p := &b.Prizes[i]
		from, to := p.From, p.To
		if p.Percent > 0 {
			from, to = 1, (members*p.Percent+99)/100
		}
		if from <= rank && rank <= to && (best == nil || to-from < width) {
			best, width = p, to-from
		}
	}
	return best
}

// wins is what the places of a table win. Who share a rank divide what all the places that they take up win.
func (w *World) wins(b Board, s season, closes Instant) (list []winning) {
	rows := w.closed[s]
	for i, r := range rows {
		first, tied := i, 1
		if b.Ties == "share" {
			first = int(r.Rank) - 1
			for tied = 1; first+tied < len(rows) && rows[first+tied].Rank == r.Rank; tied++ {
			}
		}
		sums := map[string]int64{}
		places := []int{int(r.Rank)}
		if b.Ties == "share" {
			places = nil
			for n := range tied {
				places = append(places, first+n+1)
			}
		}
		for _, place := range places {
			if p := b.place(place, len(rows)); p != nil {
				sums["gems"] += p.Gems
				sums["stars"] += p.Stars
			}
		}
		for _, points := range []string{"gems", "stars"} {
			unit := w.unit(points)
			units := sums[points] * million / unit
			part := units / int64(len(places))
			if i == first {
				part += units % int64(len(places))
			}
			if tied > 1 && units > 0 {
				w.reach("prize divided")
			}
			if part == 0 {
				continue
			}
			for _, member := range w.winners(b, s, r.Subject) {
				list = append(list, winning{member, prize{points, 0, closes, 0, part * unit}})
			}
		}
	}
	return list
}

// unit is the smallest part of points, in millionths.
func (w *World) unit(points string) int64 {
	unit := int64(million)
	for _, p := range w.Program.Points {
		if p.ID == points {
			for range p.Decimals {
				unit /= 10
			}
		}
	}
	return unit
}

// winners are who wins what a subject of a table does: of a group all who had brought something.
func (w *World) winners(b Board, s season, subject string) (list []string) {
	c := w.counterOf(b)
	if c.By != "team" && !b.Average {
		return []string{subject}
	}
	for id, m := range w.members {
		if _, any := c.last(w.ofMember(c, m), func(h *happened) bool {
			return h.team == subject && (c.Every == "" || m.clock.periodStart(c.Every, h.day) == s.start) && (!b.Split || h.Key == s.split)
		}); any {
			list = append(list, id)
		}
	}
	return list
}

// PayPrizes gives what was won in seasons that have closed, as of their close: one season after the other, as a prize may count
// in a later one.
func (w *World) PayPrizes(now Instant) {
	for more := true; more; more = w.closeNext(now) {
		for _, won := range w.prizes {
			m := w.members[won.member]
			w.seq++
			m.gains = nil
			m.settle(won.prize.at)
			won.prize.seq, won.prize.day = w.seq, m.clock.day(won.prize.at)
			m.prizes = append(m.prizes, won.prize)
			m.accounts[won.prize.points].open(w, m, w.seq, won.prize.at, won.prize.amount, false)
			m.settle(now)
			w.reach("prize")
		}
		w.prizes = nil
	}
}

// PrizesInTime reports whether the job must not come late to a close: tiers forget how they came to be, and what idle points
// wait for that comes after a prize would have expired keeps it alive.
func (w *World) PrizesInTime() bool {
	return w.Program.Points[0].Expire.Idle != "" || len(w.Program.Tiers) > 0
}

// PrizesCount reports whether what seasons win is counted in others, so that nothing may come between a close and its prizes.
func (w *World) PrizesCount() bool {
	return slices.ContainsFunc(w.Program.Counters, func(c Counter) bool { return c.Earned != "" })
}
