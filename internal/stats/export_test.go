package stats

import "github.com/laurel-engine/laurel/engine/decimal"

// Layout is how rows are made.
const Layout = layout

// ReadRow takes a row apart as its kind and a layout say: T a text, N a number, C a character. The mark and members are not read.
func ReadRow(key, value, layout string) (parts []any, sum decimal.Decimal, count int64) {
	k := readKey(key)
	for _, c := range layout {
		switch c {
		case 'T':
			parts = append(parts, k.text())
		case 'N':
			parts = append(parts, k.number())
		case 'C':
			parts = append(parts, string(rune(k.char())))
		}
	}
	var x cell
	if x.decode([]byte(value)) != nil || k != "" {
		panic("a row is not as it should be: " + key)
	}
	return parts, x.sum, x.count
}
