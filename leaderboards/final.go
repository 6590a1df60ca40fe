package leaderboards

import "slices"

// Final is one row of the table of a closed season.
type Final struct {
	Standing
	// Tied is how many rows have this rank, this one included.
	Tied int64
}

// Rank orders scores as a board with these rules shows them, and numbers them. Scores that were removed are left out.
func Rank(rules Rules, scores []Score) []Final {
	t := table{layout: rules.layout()}
	places := make([]place, 0, len(scores))
	for _, s := range scores {
		if !s.Removed {
			places = append(places, t.place(s))
		}
	}
	slices.SortFunc(places, comparePlaces)
	rows := make([]Standing, len(places))
	for i, p := range places {
		rows[i] = t.standing(p)
	}
	rules.Ties.Number(rows, 1, 1)
	final := make([]Final, len(rows))
	for from, to := 0, 0; from < len(rows); from = to {
		for to < len(rows) && rows[to].Rank == rows[from].Rank {
			to++
		}
		for i := from; i < to; i++ {
			final[i] = Final{Standing: rows[i], Tied: int64(to - from)}
		}
	}
	return final
}
