// Package decimal holds the exact numbers of the engine: points, money and whatever a rule computes from them.
//
// [Decimal] is what is stored: an int64 of millionths, six fractional digits, between about -9.2 and +9.2 million
// million. [Wide] is what one expression computes with: twelve fractional digits and magnitudes up to 10^26, so that
// the product of any two Decimals is representable and a chain of factors is rounded once, at its end. [Rounding]
// says how that end is reached.
//
//	Decimal --Wide()--> Wide --Add, Sub, Mul, Div, Rem--> Wide --RoundTo(digits, mode)--> Decimal
//
// Nothing here passes through a binary float, nothing overflows silently, and nothing allocates except the strings
// that are asked for (semantics: Points; language: Types).
package decimal
