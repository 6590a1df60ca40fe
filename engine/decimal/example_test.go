package decimal_test

import (
	"fmt"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// A chain of factors is rounded once, at its end: rounding down after each of them would give 15.
func Example() {
	points := decimal.MustParse("7.77").Wide()
	for _, boost := range []string{"1.5", "1.5"} {
		points, _ = points.Mul(decimal.MustParse(boost).Wide())
	}
	given, err := points.RoundTo(0, decimal.Down)
	fmt.Println(points, given, err)
	// Output: 17.4825 17 <nil>
}
