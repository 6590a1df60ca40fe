package engine

// arena makes lists that live about as long as one another in larger pieces: a thousand small lists are a few objects for the garbage
// collector. A list keeps its whole piece in memory, so nothing that stays for long belongs in one.
type arena[T any] struct{ free []T }

// pieceLength is how many elements a piece has.
const pieceLength = 128

// clone is a copy of a list.
func (a *arena[T]) clone(list []T) []T {
	if len(list) == 0 {
		return list[:0:0]
	}
	c := a.make(len(list))
	copy(c, list)
	return c
}

// make is a list of zero values. What is appended to it goes elsewhere.
func (a *arena[T]) make(n int) []T {
	if n > len(a.free) {
		if n >= pieceLength/4 {
			return make([]T, n)
		}
		a.free = make([]T, pieceLength)
	}
	list := a.free[:n:n]
	a.free = a.free[n:]
	return list
}
