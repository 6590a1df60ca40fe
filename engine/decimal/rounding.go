package decimal

import "math/bits"

// Rounding says which way a number goes that lies between two representable ones.
type Rounding uint8

const (
	// Down goes toward zero.
	Down Rounding = iota
	// Nearest goes to the nearest, and half way to the even one.
	Nearest
	// Up goes away from zero.
	Up
)

// String returns the word of the ruleset language: "down", "nearest" or "up".
func (r Rounding) String() string {
	return [...]string{Down: "down", Nearest: "nearest", Up: "up"}[r]
}

var powersOfTen = [WideDigits + 1]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// Decimal returns w rounded half-even to six digits. Its error is ErrOverflow.
func (w Wide) Decimal() (Decimal, error) { return w.RoundTo(Digits, Nearest) }

// RoundTo returns w as a finished amount: rounded half-even to six digits, then by a mode to so many, 0 to 6; others are a
// mistake of the caller and panic. Its error is ErrOverflow.
func (w Wide) RoundTo(digits int, mode Rounding) (Decimal, error) {
	m := w.magnitude().divideRounded(w.times(powersOfTen[WideDigits-Digits]), Nearest)
	m = m.divideRounded(uint128{0, powersOfTen[Digits-digits]}, mode)
	hi, lo := bits.Mul64(m.lo, powersOfTen[Digits-digits])
	d, ok := signed(w.Hi < 0, lo)
	if !ok || hi|m.hi != 0 {
		return 0, ErrOverflow
	}
	return d, nil
}

// times is a number of units of w's own.
func (w Wide) times(units uint64) uint128 {
	hi, lo := bits.Mul64(units, w.den())
	return uint128{hi, lo}
}

// Floor returns the greatest whole number that is not above w.
func (w Wide) Floor() Wide { return w.whole(Down, Up) }

// Ceil returns the least whole number that is not below w.
func (w Wide) Ceil() Wide { return w.whole(Up, Down) }

// Round returns the whole number nearest to w, half way the even one.
func (w Wide) Round() Wide { return w.whole(Nearest, Nearest) }

// whole rounds to a whole number, with a mode for each sign as a mode knows only toward and away from zero.
func (w Wide) whole(positive, negative Rounding) Wide {
	mode := positive
	if w.Hi < 0 {
		mode = negative
	}
	m := w.magnitude().divideRounded(w.times(wideOne), mode)
	hi, lo := bits.Mul64(m.lo, wideOne)
	return compose(w.Hi < 0, uint128{hi + m.hi*wideOne, lo})
}

// divideRounded returns a / unit, rounded.
func (a uint128) divideRounded(unit uint128, mode Rounding) uint128 {
	var q, r uint128
	switch {
	case unit.hi != 0:
		q, r = divideLong([4]uint64{a.lo, a.hi}, unit)
	case a.hi == 0:
		q.lo, r.lo = a.lo/unit.lo, a.lo%unit.lo
	default:
		q.hi = a.hi / unit.lo
		q.lo, r.lo = bits.Div64(a.hi%unit.lo, a.lo, unit.lo)
	}
	if roundsUp(q.lo&1 == 1, r, unit, mode) {
		return q.increment()
	}
	return q
}
