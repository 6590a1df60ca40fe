package decimal

// Parse reads a decimal number in JSON's grammar without an exponent, exactly.
//
// Refused are ErrSyntax for anything else (also "1e2", "-0", "007", "+1", ".5"), ErrDigits for more than six significant
// fractional digits (trailing zeros beyond them are fine), and ErrRange outside Min and Max.
func Parse(s string) (Decimal, error) { return parseDecimal(s) }

// ParseBytes is Parse for bytes. It does not keep s.
func ParseBytes(s []byte) (Decimal, error) { return parseDecimal(s) }

// MustParse is Parse for constants and tests: it panics on an error.
func MustParse(s string) Decimal {
	d, err := Parse(s)
	if err != nil {
		panic("decimal: " + err.Error() + ": " + s)
	}
	return d
}

// ParseWide reads a number for a calculation: Parse with at most twelve significant fractional digits and a magnitude of
// at most 10^26.
func ParseWide(s string) (Wide, error) {
	negative, m, err := scan(s, WideDigits)
	if err == nil && limit.less(m) {
		err = ErrRange
	}
	if err != nil {
		return Wide{}, err
	}
	return compose(negative, m), nil
}

func parseDecimal[T string | []byte](s T) (Decimal, error) {
	negative, m, err := scan(s, Digits)
	if err != nil {
		return 0, err
	}
	d, ok := signed(negative, m.lo)
	if !ok || m.hi != 0 {
		return 0, ErrRange
	}
	return d, nil
}

// scan reads a number as an integer of units of 10^-digits. Of several faults it reports syntax before digits before range.
func scan[T string | []byte](s T, digits int) (negative bool, m uint128, err error) {
	i := 0
	if i < len(s) && s[i] == '-' {
		negative, i = true, 1
	}
	first := i
	inRange := true
	for ; i < len(s) && isDigit(s[i]); i++ {
		inRange = m.push(s[i]) && inRange
	}
	if i == first || s[first] == '0' && i > first+1 {
		return false, uint128{}, ErrSyntax
	}
	kept, exact := 0, true
	if i < len(s) && s[i] == '.' {
		i++
		first = i
		for ; i < len(s) && isDigit(s[i]); i++ {
			if kept < digits {
				kept++
				inRange = m.push(s[i]) && inRange
			} else if s[i] != '0' {
				exact = false
			}
		}
		if i == first {
			return false, uint128{}, ErrSyntax
		}
	}
	for ; kept < digits; kept++ {
		inRange = m.push('0') && inRange
	}
	zero := inRange && m == uint128{}
	switch {
	case i < len(s), negative && zero && exact:
		return false, uint128{}, ErrSyntax
	case !exact:
		return false, uint128{}, ErrDigits
	case !inRange:
		return false, uint128{}, ErrRange
	}
	return negative, m, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
