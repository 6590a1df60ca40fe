package leaderboards

// Places are the ranks that a row of prizes is for: from First to Last, or the best Percent of those with a score, rounded
// up, when that is set.
type Places struct {
	First, Last int64
	Percent     int64
}

// Bounds are the first and the last place among so many rows, which may lie beyond them.
func (p Places) Bounds(total int64) (first, last int64) {
	if p.Percent > 0 {
		return 1, (total*p.Percent + 99) / 100
	}
	return p.First, p.Last
}

// RowOf is the index of the row that pays a place among so many: the narrowest that covers it, of equally narrow ones the
// first; -1 when none does (semantics: Leaderboards).
func RowOf(prizes []Places, place, total int64) int {
	best, narrowest := -1, int64(0)
	for i, p := range prizes {
		first, last := p.Bounds(total)
		if place < first || place > last {
			continue
		}
		if width := last - first; best < 0 || width < narrowest {
			best, narrowest = i, width
		}
	}
	return best
}

// LastPaid is the last place among so many that any row pays, 0 for none.
func LastPaid(prizes []Places, total int64) int64 {
	end := int64(0)
	for _, p := range prizes {
		_, last := p.Bounds(total)
		end = max(end, min(last, total))
	}
	return end
}

// Pool is, for each row of prizes, how many of its places the members of a rank share. Where ties share a rank, they take up as many
// places as they are, and divide what those win; otherwise a row of the table has the one place of the rank that it shows.
func (f Final) Pool(ties Ties, prizes []Places, total int64) []int64 {
	pool := make([]int64, len(prizes))
	places := int64(1)
	if ties == Share {
		places = min(f.Tied, LastPaid(prizes, total)-f.Rank+1) // beyond it nothing is paid
	}
	for place := f.Rank; place < f.Rank+places; place++ {
		if i := RowOf(prizes, place, total); i >= 0 {
			pool[i]++
		}
	}
	return pool
}
