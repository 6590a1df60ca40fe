package engine

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// shelf is an account whose lots change at random, with a plain list that says the same.
type shelf struct {
	*rand.Rand
	t     *testing.T
	acc   *Account
	plain []Lot
	now   calendar.Instant
	seq   uint64
	idle  idleEnds
	cal   calendar.Calendar
}

const shelfHour = calendar.Instant(time.Hour / time.Microsecond)

func (s *shelf) hours(n int) calendar.Instant { return calendar.Instant(s.Intn(n)) * shelfHour }

// lot is one of any terms.
func (s *shelf) lot() Lot {
	if s.Intn(4) > 0 {
		s.seq++
	}
	amount := decimal.Decimal(1 + s.Intn(5))
	lot := Lot{Seq: s.seq, Granted: s.now, Amount: amount, Remaining: amount, Available: s.now, Expires: calendar.Forever}
	switch s.Intn(5) {
	case 0:
		lot.Available += s.hours(100)
	case 1:
		lot.Available = calendar.Forever
	}
	if s.Intn(3) > 0 && lot.Available < calendar.Forever {
		lot.Expires = max(lot.Available, s.now) + s.hours(200) + 1
	}
	lot.Idle = uint64(s.Intn(len(s.acc.Idle)<<1 + 1))
	return lot
}

// change is what may become of a lot.
func (s *shelf) change(l *Lot) {
	part := min(l.Remaining, decimal.Decimal(s.Intn(6)))
	switch s.Intn(6) {
	case 0:
		l.Remaining, l.Held = l.Remaining-part, l.Held+part
	case 1:
		l.Remaining, l.Held = l.Remaining+l.Held, 0
	case 2:
		l.Remaining, l.Expired, l.Until = l.Remaining-part, l.Expired+part, s.now
	case 3:
		l.Remaining, l.Expired = l.Remaining+l.Expired-l.Forgiven, l.Forgiven
	case 4:
		l.Granted = l.Available
	default:
		l.Remaining, l.Spent = l.Remaining-part, l.Spent+part
	}
}

// step changes something.
func (s *shelf) step() {
	switch k := s.Intn(10); {
	case k < 4 || len(s.plain) == 0:
		lot := s.lot()
		s.acc.lots.add(lot, s.now)
		s.plain = append(s.plain, lot)
	case k == 4:
		at := s.plain[s.Intn(len(s.plain))]
		lot := s.lot()
		lot.Seq = at.Seq
		*s.acc.lots.insert(lot) = lot
		i := len(s.plain)
		for i > 0 && s.plain[i-1].Seq > lot.Seq {
			i--
		}
		s.plain = slices.Insert(s.plain, i, lot)
	case k == 5:
		gone := func(l Lot) bool { return l.over() && l.overSince() < s.now }
		s.acc.lots.forget(func(x *summary) bool { return x.spent > 0 && x.gone < s.now }, gone)
		s.plain = slices.DeleteFunc(s.plain, gone)
	default:
		seq, which, n := s.plain[s.Intn(len(s.plain))].Seq, s.Intn(3), 0
		for lot := range s.acc.lots.of(seq, func(*Lot) bool { n++; return n > which }) {
			i := slices.IndexFunc(s.plain, func(l Lot) bool { return l.Seq == seq }) + n - 1
			s.change(lot)
			s.plain[i] = *lot
			break
		}
	}
	s.now += s.hours(3)
	if s.Intn(3) == 0 {
		s.acc.lots.refresh(s.now)
	}
}

// check compares what chunks answer with what every lot says.
func (s *shelf) check(at calendar.Instant) {
	x := endings{s.cal, s.acc, &s.idle}
	turn, ready, due, beyond := calendar.Forever, decimal.Decimal(0), 0, calendar.Forever
	told := at + s.hours(100)
	type turns struct {
		end calendar.Instant
		lot Lot
	}
	var order []turns
	for i := range s.plain {
		l := &s.plain[i]
		end := x.of(l)
		if !l.over() && (l.unreleased() && l.Available <= at || end <= at) {
			due++
		}
		if l.Remaining == 0 {
			continue
		}
		if end > told {
			beyond = min(beyond, end)
		}
		if l.Available > at {
			turn = min(turn, l.Available)
			continue
		}
		if turn = min(turn, end); end > at {
			ready += l.Remaining
			order = append(order, turns{end, *l})
		}
	}
	require.Equal(s.t, turn, x.nextTurn(at))
	require.Equal(s.t, beyond, x.firstBeyond(told))
	require.Equal(s.t, ready, s.acc.ready(s.cal, &s.idle, at))
	for _, c := range x.passing(at) {
		for i := range c.lots {
			if l := &c.lots[i]; !l.over() && (l.unreleased() && l.Available <= at || x.of(l) <= at) {
				due--
			}
		}
	}
	require.Zero(s.t, due)
	state := encoded(&s.acc.lots, (*codec).lots)
	read := decoded(state, (*codec).lots, "lots", func(*lots) string { return "" })
	require.Equal(s.t, s.acc.Lots(), read.list(), "what is written is read")
	_, right := s.acc.lots.counted()
	require.True(s.t, right)
	require.Equal(s.t, s.plain, append([]Lot{}, s.acc.Lots()...))

	slices.SortStableFunc(order, func(a, b turns) int { return cmpInstant(a.end, b.end) })
	again := Account{Idle: s.acc.Idle, lots: s.acc.lots.clone()}
	again.lots.refresh(at)
	y := endings{s.cal, &again, &s.idle}
	for len(order) > 0 {
		in, end := y.next(at, false)
		require.GreaterOrEqual(s.t, in, 0)
		c := &again.lots.chunks[in]
		for i := range c.lots {
			if l := &c.lots[i]; y.spendable(l, at) && y.of(l) == end {
				require.Equal(s.t, order[0].lot, *l)
				order, l.Remaining = order[1:], 0
				again.lots.touched(in)
			}
		}
		c.refresh(at)
	}
	in, _ := y.next(at, false)
	require.Negative(s.t, in)
}

// What chunks of lots answer by their summaries is what all lots say, whatever has happened to them.
func TestSummariesOfLotsSayWhatLotsSay(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for round := range 30 {
		s := &shelf{Rand: r, t: t, acc: &Account{}, now: 1000 * shelfHour, plain: []Lot{}, cal: calendar.Calendar{Zone: calendar.UTC}}
		for range round % 3 {
			s.acc.Idle = append(s.acc.Idle, IdleRule{After: calendar.Duration{N: 1 + r.Intn(4), Unit: calendar.Day}})
		}
		for step := range 200 + 6000*(round/29) {
			s.step()
			if step%(10+290*(round/29)) > 0 {
				continue
			}
			s.idle = idleEnds{}
			for _, rule := range s.acc.Idle {
				last := s.now - s.hours(60)
				s.idle.last, s.idle.ends = append(s.idle.last, last), append(s.idle.ends, s.cal.EndOfDayAfter(last, rule.After))
			}
			s.check(s.now)
			s.check(s.now - s.hours(20))
		}
	}
}

// BenchmarkLotsWritten is what a lot costs that is written and read with the state of its member.
func BenchmarkLotsWritten(b *testing.B) {
	var l lots
	at := 1000 * shelfHour
	for i := range 10_000 {
		at += shelfHour
		amount := decimal.Decimal(1+i%80) * decimal.One
		l.add(Lot{Seq: uint64(7 * i), Source: Source{Section: RuleSection, ID: "base"}, Granted: at,
			Amount: amount, Remaining: amount, Available: at,
			Expires: (at/(24*shelfHour) + 366) * 24 * shelfHour}, at)
	}
	state := encoded(&l, (*codec).lots)
	b.Run("write", func(b *testing.B) {
		for range b.N {
			encoded(&l, (*codec).lots)
		}
		b.ReportMetric(float64(len(state))/10_000, "B/lot")
	})
	b.Run("read", func(b *testing.B) {
		for range b.N {
			decoded(state, (*codec).lots, "lots", func(*lots) string { return "" })
		}
	})
}

// Books are proved by what has changed, and found wrong whether or not anybody said that something has.
func TestBooksAreProvedByWhatChanged(t *testing.T) {
	acc := &Account{Issued: 200 * decimal.One}
	for i := range uint64(200) {
		acc.lots.add(Lot{Seq: i, Amount: decimal.One, Remaining: decimal.One, Expires: calendar.Forever}, 1)
	}
	require.True(t, acc.proved(1))
	lot := acc.lots.first(100, func(*Lot) bool { return true })
	lot.Remaining, lot.Spent = 0, decimal.One
	require.False(t, acc.proved(1), "the account knows nothing of it")
	acc.Spent = decimal.One
	require.True(t, acc.proved(1))
	for _, c := range acc.lots.look(everywhere) { // a change that nobody was told of
		c.lots[0].Remaining++
		break
	}
	require.True(t, acc.proved(1))
	require.False(t, acc.Proved())
	acc.lots.touched(0)
	require.False(t, acc.proved(1))
}
