package leaderboards

import "fmt"

// Order says which score is the best. The zero value is HighestFirst.
type Order uint8

const (
	// HighestFirst ranks the greatest score first.
	HighestFirst Order = iota
	// LowestFirst ranks the smallest score first.
	LowestFirst
)

// Ties says which ranks members with equal scores get. The zero value is Earliest. Whatever the ranks, equal scores are
// listed by the time at which they were reached, then by the bytes of the member id (semantics: Leaderboards).
type Ties uint8

const (
	// Earliest gives every member a rank of its own: 1, 2, 3, 4.
	Earliest Ties = iota
	// Share gives equal scores one rank and leaves a gap after them: 1, 1, 3, 4.
	Share
	// Dense gives equal scores one rank and leaves no gap: 1, 1, 2, 3.
	Dense
)

// Rules say how a ranking is ordered and numbered.
type Rules struct {
	Order Order
	Ties  Ties
}

var (
	orderNames = [...]string{HighestFirst: "highest", LowestFirst: "lowest"}
	tiesNames  = [...]string{Earliest: "earliest", Share: "share", Dense: "dense"}
)

// ParseOrder reads an order as a ruleset writes it: `highest` or `lowest`.
func ParseOrder(s string) (Order, error) {
	for i, name := range orderNames {
		if s == name {
			return Order(i), nil
		}
	}
	return 0, fmt.Errorf("order %q is neither highest nor lowest", s)
}

// ParseTies reads a tie rule as a ruleset writes it: `earliest`, `share` or `dense`.
func ParseTies(s string) (Ties, error) {
	for i, name := range tiesNames {
		if s == name {
			return Ties(i), nil
		}
	}
	return 0, fmt.Errorf("ties %q is none of earliest, share, dense", s)
}

// String returns the word that ParseOrder reads.
func (o Order) String() string { return orderNames[o] }

// String returns the word that ParseTies reads.
func (t Ties) String() string { return tiesNames[t] }

// Number ranks consecutive rows of a ranking, the first of which is at a position (from 1) and has a rank that is known.
// It is for boards, whose rows come in runs: only the first row of a run needs to be looked up.
func (t Ties) Number(rows []Standing, position, rank int64) {
	for i := range rows {
		switch {
		case i == 0:
		case t != Earliest && rows[i].Value == rows[i-1].Value && rows[i].Rest == rows[i-1].Rest:
		case t == Dense:
			rank++
		default:
			rank = position + int64(i)
		}
		rows[i].Rank = rank
	}
}
