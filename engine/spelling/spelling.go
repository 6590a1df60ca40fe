// Package spelling finds the name that a misspelt one was probably meant to be. It is a leaf: errors all over the product
// use it, the pure packages among them.
package spelling

import "slices"

// Suggest is `did you mean NAME?` for the nearest of the candidates, "" when none is near.
func Suggest(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// Nearest is the candidate with the fewest edits from word (insertions, deletions, replacements, swaps of neighbours), the
// first in byte order among equals; "" when all are too far away for a slip: `then` is not `ties`.
func Nearest(word string, candidates []string) string {
	best, fewest := "", min(1+slips(word), len(word))
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if n := Distance(word, c); n < fewest && c != "" {
			best, fewest = c, n
		}
	}
	return best
}

// slips is how many edits a word of its length may be away from what was meant.
func slips(word string) int {
	switch n := len(word); {
	case n < 6:
		return 1
	case n < 12:
		return 2
	default:
		return 3
	}
}

// Distance is the number of edits between two words, by bytes.
func Distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 { // nobody misspells a word of this length; it would only cost time
		return max(len(a), len(b))
	}
	var rows [3][65]int
	for j := 0; j <= len(b); j++ {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
