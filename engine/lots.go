package engine

import (
	"iter"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

const (
	// chunkSize is how many lots a chunk is filled up to.
	chunkSize = 64
	// groupSize is how many chunks have a summary in common.
	groupSize = 16
)

// lots are those of an account, the oldest first, in chunks, each with a summary that says whether it has to be looked into. Groups
// of chunks have one, and all chunks but the last, which is the one that grows. What is asked at every event is so answered without a
// look at each lot that a member has.
//
// Whoever wants to change a lot gets it from a method that says so (those, of, first, insert), or says so (touched): the summaries of
// its chunk are stale then until the next refresh. Readers never refresh: they look into what is stale.
type lots struct {
	chunks []chunk
	groups []summing // of all chunks but the last, so many each
	older  summing   // of all chunks but the last
	noted  [2]beyond // of the same, as long as older is fresh
	n      int
}

type chunk struct {
	lots []Lot // at least one
	summing
}

// summing is a summary, as long as it is fresh.
type summing struct {
	sum   summary
	fresh bool
}

// beyond is the first fixed expiry after an instant.
type beyond struct{ after, first calendar.Instant }

// skips reports whether a summary is known by which nothing here is looked for.
func (s *summing) skips(may func(*summary) bool) bool { return s.fresh && !may(&s.sum) }

// touched takes the summaries of a chunk for stale.
func (l *lots) touched(chunk int) {
	if l.chunks[chunk].fresh = false; chunk < len(l.chunks)-1 {
		l.older.fresh = false
		if g := chunk / groupSize; g < len(l.groups) {
			l.groups[g].fresh = false
		}
	}
}

// rearranged takes all summaries but those of chunks for stale.
func (l *lots) rearranged() { l.groups, l.older.fresh = l.groups[:0], false }

// look goes through the chunks that may have what is looked for, with their places.
func (l *lots) look(may func(*summary) bool) iter.Seq2[int, *chunk] {
	return l.between(0, len(l.chunks), may)
}

// between is look for the chunks from one to before another.
func (l *lots) between(i, end int, may func(*summary) bool) iter.Seq2[int, *chunk] {
	return func(yield func(int, *chunk) bool) {
		last := len(l.chunks) - 1
		if i < last && l.older.skips(may) {
			i = last
		}
		for ; i < end; i++ {
			if g := i / groupSize; i%groupSize == 0 && i < last && g < len(l.groups) && l.groups[g].skips(may) {
				i = min(i+groupSize, last) - 1
				continue
			}
			if c := &l.chunks[i]; !c.skips(may) && !yield(i, c) {
				return
			}
		}
	}
}

// refresh makes the summaries of what has changed, or of what has become available by now.
func (l *lots) refresh(now calendar.Instant) {
	last := len(l.chunks) - 1
	if last >= 0 {
		l.chunks[last].refresh(now)
	}
	if last <= 0 || l.older.fresh && l.older.sum.holds(now) {
		return
	}
	for n := (last + groupSize - 1) / groupSize; len(l.groups) < n; {
		l.groups = append(l.groups, summing{})
	}
	l.older, l.noted = summing{fresh: true}, [2]beyond{}
	for g := range l.groups {
		of := &l.groups[g]
		if !of.fresh || !of.sum.holds(now) {
			*of = summing{fresh: true}
			for i := g * groupSize; i < min(last, (g+1)*groupSize); i++ {
				l.chunks[i].refresh(now)
				of.sum.merge(&l.chunks[i].sum)
			}
		}
		l.older.sum.merge(&of.sum)
	}
}

// live is what is left of the lots, what is held included, and whether all of them add up. All summaries must be fresh.
func (l *lots) live() (sum decimal.Decimal, right bool) {
	if len(l.chunks) == 0 {
		return 0, true
	}
	last := &l.chunks[len(l.chunks)-1].sum
	if sum, right = last.live, !last.wrong; len(l.chunks) > 1 {
		sum, right = sum+l.older.sum.live, right && !l.older.sum.wrong
	}
	return sum, right
}

func (c *chunk) refresh(now calendar.Instant) {
	if c.fresh && c.sum.holds(now) {
		return
	}
	c.summing = summing{fresh: true}
	for i := range c.lots {
		c.sum.add(&c.lots[i], now)
	}
}

// counted is a summary of all lots, and whether those that are fresh say the same.
func (l *lots) counted() (whole summary, right bool) {
	right = true
	same := func(known *summing, counted *summary) { right = right && (!known.fresh || known.sum == *counted) }
	last := len(l.chunks) - 1
	groups, older := make([]summary, len(l.groups)), summary{}
	for i := range l.chunks {
		c, at, sum := &l.chunks[i], calendar.Forever, summary{}
		if c.fresh {
			at = c.sum.ready.lastReady // its lots are ready from then on
		}
		for k := range c.lots {
			sum.add(&c.lots[k], at)
		}
		same(&c.summing, &sum)
		whole.merge(&sum)
		if i < last {
			older.merge(&c.sum)
			if g := i / groupSize; g < len(groups) {
				groups[g].merge(&c.sum)
			}
		}
	}
	for g := range groups {
		same(&l.groups[g], &groups[g])
	}
	if last > 0 {
		same(&l.older, &older)
	}
	return whole, right && whole.n == l.n
}

// some reports whether any chunk may have what is looked for.
func (l *lots) some(may func(*summary) bool) bool {
	for range l.look(may) {
		return true
	}
	return false
}

// all are the lots, to be read.
func (l *lots) all() iter.Seq[*Lot] { return l.within(everywhere) }

// everywhere is for those that may be in any chunk.
func everywhere(*summary) bool { return true }

// within are all lots in those chunks that may have what is looked for, to be read.
func (l *lots) within(may func(*summary) bool) iter.Seq[*Lot] {
	return func(yield func(*Lot) bool) {
		for _, c := range l.look(may) {
			for k := range c.lots {
				if !yield(&c.lots[k]) {
					return
				}
			}
		}
	}
}

// those are the lots for which is reports true when their turn comes, to be changed, in chunks that may have such.
func (l *lots) those(may func(*summary) bool, is func(*Lot) bool) iter.Seq[*Lot] {
	return func(yield func(*Lot) bool) {
		for i, c := range l.look(may) {
			for k := range c.lots {
				if !is(&c.lots[k]) {
					continue
				}
				l.touched(i)
				if !yield(&c.lots[k]) {
					return
				}
			}
		}
	}
}

// of are the lots that the event with a seq opened and for which is reports true, to be changed.
func (l *lots) of(seq uint64, is func(*Lot) bool) iter.Seq[*Lot] {
	return l.those(func(s *summary) bool { return s.first <= seq && seq <= s.last }, func(lot *Lot) bool { return lot.Seq == seq && is(lot) })
}

// first is the first of them, nil where there is none.
func (l *lots) first(seq uint64, is func(*Lot) bool) *Lot {
	for lot := range l.of(seq, is) {
		return lot
	}
	return nil
}

// add adds the lot of an event that comes after all others.
func (l *lots) add(lot Lot, now calendar.Instant) {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last].lots) >= chunkSize {
		l.chunks = append(l.chunks, chunk{lots: make([]Lot, 0, 4), summing: summing{fresh: true}})
		if last++; last > 0 { // what was the last one now is older
			l.older.fresh = false
			if g := (last - 1) / groupSize; g < len(l.groups) {
				l.groups[g].fresh = false
			}
		}
	}
	c := &l.chunks[last]
	c.lots = append(c.lots, lot)
	c.count(&lot, now)
	l.n++
}

// count adds a lot to the summary.
func (s *summing) count(lot *Lot, now calendar.Instant) {
	if s.fresh = s.fresh && s.sum.holds(now); s.fresh {
		s.sum.add(lot, now)
	}
}

// last is the last lot, nil where there is none.
func (l *lots) last() *Lot {
	if len(l.chunks) == 0 {
		return nil
	}
	c := &l.chunks[len(l.chunks)-1]
	return &c.lots[len(c.lots)-1]
}

// insert puts a lot behind those of the same event and of earlier ones, and lets it be changed.
func (l *lots) insert(lot Lot) *Lot {
	return l.put(lot, func(o *Lot) bool { return o.Seq > lot.Seq })
}

// put puts a lot before the first that is its follower, or last.
func (l *lots) put(lot Lot, follows func(*Lot) bool) *Lot {
	l.n++
	l.rearranged()
	if len(l.chunks) == 0 {
		l.chunks = []chunk{{}}
	}
	for i := range l.chunks {
		c, k := &l.chunks[i], 0
		for k < len(c.lots) && !follows(&c.lots[k]) {
			k++
		}
		if k == len(c.lots) && i < len(l.chunks)-1 {
			continue
		}
		c.lots, c.fresh = slices.Insert(c.lots, k, lot), false
		if half := len(c.lots) / 2; half >= chunkSize {
			l.chunks = slices.Insert(l.chunks, i+1, chunk{lots: slices.Clone(c.lots[half:])})
			c = &l.chunks[i]
			if c.lots = c.lots[:half:half]; k >= half {
				c, k = &l.chunks[i+1], k-half
			}
		}
		return &c.lots[k]
	}
	return nil
}

// forget drops the lots for which gone reports true, of the chunks that may have such.
func (l *lots) forget(may func(*summary) bool, gone func(Lot) bool) {
	n := l.n
	for i, c := range l.look(may) {
		before := len(c.lots)
		if c.lots = slices.DeleteFunc(c.lots, gone); len(c.lots) < before {
			l.n -= before - len(c.lots)
			l.touched(i)
		}
	}
	if l.n < n {
		l.join()
	}
}

// join puts small neighbours together, and drops empty chunks.
func (l *lots) join() {
	kept := l.chunks[:0]
	for i := range l.chunks {
		c := l.chunks[i]
		switch n := len(kept); {
		case len(c.lots) == 0:
		case n > 0 && len(kept[n-1].lots)+len(c.lots) <= chunkSize/2:
			kept[n-1].lots, kept[n-1].fresh = append(kept[n-1].lots, c.lots...), false
		default:
			kept = append(kept, c)
		}
	}
	if len(kept) < len(l.chunks) {
		clear(l.chunks[len(kept):])
		l.chunks = kept
		l.rearranged()
	}
}

// set makes these the lots; their memory is used.
func (l *lots) set(list []Lot) {
	*l = lots{n: len(list)}
	if n := (len(list) + chunkSize - 1) / chunkSize; n > 0 {
		l.chunks = make([]chunk, 0, n+n/8) // it will not be long until there are more
		for part := range slices.Chunk(list, chunkSize) {
			l.chunks = append(l.chunks, chunk{lots: part})
		}
	}
}

// clone shares no memory with the lots.
func (l *lots) clone() lots {
	c := *l
	c.chunks, c.groups = slices.Clone(l.chunks), slices.Clone(l.groups)
	for i := range c.chunks {
		c.chunks[i].lots = slices.Clone(c.chunks[i].lots)
	}
	return c
}

// list is a copy of all lots.
func (l *lots) list() []Lot {
	list := make([]Lot, 0, l.n)
	for i := range l.chunks {
		list = append(list, l.chunks[i].lots...)
	}
	return list
}

// summary is what there is of some lots. It holds as long as none of them changes, and becomes available that was not.
type summary struct {
	first, last uint64 // seqs
	n           int
	ready       class // has something left, and is available
	waiting     class // has something left, and is not available yet
	pinned      class // has nothing left that is not held
	live        decimal.Decimal
	held        decimal.Decimal
	unreleased  int              // of those that are ready: nobody has written it down
	revivable   int              // expired for want of an event
	spent       int              // have nothing left
	gone        calendar.Instant // from when on the first of them can be forgotten
	wrong       bool             // one of them does not add up
}

// class are lots that are due in the same way.
type class struct {
	n                       int
	left                    decimal.Decimal
	firstReady, lastReady   calendar.Instant
	firstEnd, lastEnd       calendar.Instant // fixed ones
	idle, common            uint64           // rules that any, and that all, of those have that expire by idleness
	idling                  int              // of them, with when they become available
	firstIdling, lastIdling calendar.Instant
}

// holds reports whether what is ready at an instant is what the summary says.
func (s *summary) holds(at calendar.Instant) bool {
	return (s.ready.n == 0 || s.ready.lastReady <= at) && (s.waiting.n == 0 || at < s.waiting.firstReady)
}

func (s *summary) add(l *Lot, now calendar.Instant) {
	if s.n == 0 {
		s.first, s.last = l.Seq, l.Seq
	}
	s.first, s.last = min(s.first, l.Seq), max(s.last, l.Seq)
	s.n++
	s.live += l.Remaining + l.Held
	s.held += l.Held
	if !l.proved() {
		s.wrong = true
	}
	if l.revivable() {
		s.revivable++
	}
	switch {
	case l.over():
		over := l.overSince()
		if s.spent == 0 || over < s.gone {
			s.gone = over
		}
		s.spent++
	case l.Remaining == 0:
		s.pinned.add(l)
	case l.Available > now:
		s.waiting.add(l)
	default:
		s.ready.add(l)
		if l.unreleased() {
			s.unreleased++
		}
	}
}

func (s *summary) merge(o *summary) {
	if s.n == 0 {
		*s = *o
		return
	}
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	if o.spent > 0 && (s.spent == 0 || o.gone < s.gone) {
		s.gone = o.gone
	}
	s.n, s.spent, s.unreleased, s.revivable = s.n+o.n, s.spent+o.spent, s.unreleased+o.unreleased, s.revivable+o.revivable
	s.live, s.held, s.wrong = s.live+o.live, s.held+o.held, s.wrong || o.wrong
	s.ready.merge(&o.ready)
	s.waiting.merge(&o.waiting)
	s.pinned.merge(&o.pinned)
}

func (k *class) add(l *Lot) {
	one := class{n: 1, left: l.Remaining, firstReady: l.Available, lastReady: l.Available, firstEnd: l.Expires, lastEnd: l.Expires}
	if l.idles() {
		one.idling, one.idle, one.common, one.firstIdling, one.lastIdling = 1, l.Idle, l.Idle, l.Available, l.Available
	}
	k.merge(&one)
}

func (k *class) merge(o *class) {
	switch {
	case o.n == 0:
		return
	case k.n == 0:
		*k = *o
		return
	}
	if o.idling > 0 && k.idling == 0 {
		k.idle, k.common, k.firstIdling, k.lastIdling = o.idle, o.common, o.firstIdling, o.lastIdling
	} else if o.idling > 0 {
		k.idle, k.common = k.idle|o.idle, k.common&o.common
		k.firstIdling, k.lastIdling = min(k.firstIdling, o.firstIdling), max(k.lastIdling, o.lastIdling)
	}
	k.n, k.idling, k.left = k.n+o.n, k.idling+o.idling, k.left+o.left
	k.firstReady, k.lastReady = min(k.firstReady, o.firstReady), max(k.lastReady, o.lastReady)
	k.firstEnd, k.lastEnd = min(k.firstEnd, o.firstEnd), max(k.lastEnd, o.lastEnd)
}

// mayRevive reports whether there are lots that a late event may bring back.
func (s *summary) mayRevive() bool { return s.revivable > 0 }

// proved reports whether the lot adds up.
func (l *Lot) proved() bool {
	return l.Amount == l.Remaining+l.Held+l.Spent+l.Expired+l.Forfeited+l.Reversed &&
		min(l.Remaining, l.Held, l.Spent, l.Expired, l.Forfeited, l.Reversed) >= 0
}

// idles reports whether the lot expires some time after the last event of a type.
func (l *Lot) idles() bool { return l.Idle != 0 && l.Available != calendar.Forever }

// unreleased reports whether it is still to be written down that the lot has become available, once it has.
func (l *Lot) unreleased() bool { return l.Remaining > 0 && l.Available > l.Granted && l.Until == 0 }

// revivable reports whether a late event may bring back what has expired of the lot.
func (l *Lot) revivable() bool { return l.Expired != l.Forgiven && l.Idle != 0 }

// over reports whether nothing is left of the lot.
func (l *Lot) over() bool { return l.Remaining == 0 && l.Held == 0 }

// overSince is after when a lot of which nothing is left can be forgotten: what has expired may come back by a late event.
func (l *Lot) overSince() calendar.Instant {
	if l.Expired == 0 {
		return calendar.Beginning
	}
	return l.Until
}
