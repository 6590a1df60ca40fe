package leaderboards

import (
	"cmp"
	"math"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// layout is what a table has to be kept for; the rest of the rules is applied in reading.
type layout struct {
	order Order
	dense bool
}

func (r Rules) layout() layout { return layout{order: r.Order, dense: r.Ties == Dense} }

// table holds one ranking of one layout in memory.
type table struct {
	layout  layout
	members map[string]record
	places  sequence[place]
	values  sequence[rankKey] // the distinct keys of places, for dense ranks; else unused
}

// record is what is known of a member: where it is ranked, if it is, and as of which version.
type record struct {
	place   place
	version uint64
	ranked  bool
}

// rankKey is a score, in millionths and their parts, inverted for HighestFirst: the complement turns the order of all int64
// around, where the negative of the least one would overflow.
type rankKey struct{ value, rest int64 }

func compareKeys(a, b rankKey) int {
	return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.rest, b.rest))
}

// place is where a member is ranked.
type place struct {
	key     rankKey
	reached calendar.Instant
	member  string
}

func comparePlaces(a, b place) int {
	switch {
	case a.key != b.key:
		return compareKeys(a.key, b.key)
	case a.reached != b.reached:
		return cmp.Compare(a.reached, b.reached)
	default:
		return strings.Compare(a.member, b.member)
	}
}

func newTable(l layout) *table {
	return &table{
		layout:  l,
		members: make(map[string]record),
		places:  sequence[place]{compare: comparePlaces},
		values:  sequence[rankKey]{compare: compareKeys},
	}
}

func (t *table) place(s Score) place {
	return place{key: t.flip(rankKey{int64(s.Value), s.Rest}), reached: s.Reached, member: s.Member}
}

func (t *table) standing(p place) Standing {
	score := t.flip(p.key)
	return Standing{Member: p.member, Value: decimal.Decimal(score.value), Rest: score.rest, Reached: p.reached}
}

// flip is the way from a score to its key and back.
func (t *table) flip(k rankKey) rankKey {
	if t.layout.order == HighestFirst {
		return rankKey{^k.value, ^k.rest}
	}
	return k
}

// put writes a score unless it is stale, and returns the member's ranks before and after, 0 for none, and whether a row
// changed.
func (t *table) put(ties Ties, s Score) (previous, rank int64, changed bool) {
	old, known := t.members[s.Member]
	next := record{place: t.place(s), version: s.Version, ranked: !s.Removed}
	stale := known && s.Version <= old.version
	if stale || old.ranked == next.ranked && (!next.ranked || old.place == next.place) {
		if !stale {
			t.members[s.Member] = next
		}
		rank = t.rankOf(ties, s.Member)
		return rank, rank, false
	}
	t.members[s.Member] = next
	if old.ranked {
		previous = t.remove(ties, old.place)
	}
	if next.ranked {
		rank = t.insert(ties, next.place)
	}
	return previous, rank, true
}

// insert adds a place and returns its rank.
func (t *table) insert(ties Ties, p place) int64 {
	position := t.places.insert(p)
	if t.layout.dense {
		if _, found := t.values.search(p.key); !found {
			t.values.insert(p.key)
		}
	}
	return t.rank(ties, position, p.key)
}

// remove takes a place out and returns the rank that it had, which depends on other scores only.
func (t *table) remove(ties Ties, p place) int64 {
	position, _ := t.places.remove(p)
	rank := t.rank(ties, position, p.key)
	if t.layout.dense && !t.shared(position, p.key) {
		t.values.remove(p.key)
	}
	return rank
}

// shared reports whether a key is left at the position from which a place with it was removed.
func (t *table) shared(position int, key rankKey) bool {
	return position > 0 && t.places.at(position-1).key == key ||
		position < t.places.size && t.places.at(position).key == key
}

// rank returns the rank of the place with a key at a position from 0.
func (t *table) rank(ties Ties, position int, key rankKey) int64 {
	switch ties {
	case Share:
		position, _ = t.places.search(place{key: key, reached: math.MinInt64})
	case Dense:
		position, _ = t.values.search(key)
	}
	return int64(position) + 1
}

// rankOf returns the rank of a member, 0 for none.
func (t *table) rankOf(ties Ties, member string) int64 {
	position, ranked := t.position(member)
	if !ranked {
		return 0
	}
	return t.rank(ties, position, t.members[member].place.key)
}

// position returns the position from 0 of a member, if it is ranked.
func (t *table) position(member string) (int, bool) {
	r := t.members[member]
	if !r.ranked {
		return 0, false
	}
	return t.places.search(r.place)
}

// rows returns up to limit rows from a position that counts from 0.
func (t *table) rows(ties Ties, position, limit int) []Standing {
	limit = min(limit, MaxPage, t.places.size-position)
	if limit <= 0 {
		return nil
	}
	rows := make([]Standing, 0, limit)
	for p := range t.places.from(position) {
		rows = append(rows, t.standing(p))
		if len(rows) == limit {
			break
		}
	}
	ties.Number(rows, int64(position)+1, t.rank(ties, position, t.places.at(position).key))
	return rows
}
