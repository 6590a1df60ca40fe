// Package decimal holds the exact numbers of the engine: points, money and whatever a rule computes from them.
//
// [Decimal] is what is stored: an int64 of millionths, six fractional digits, between about -9.2 and +9.2 million
// million. [Wide] is what one expression computes with: twelve fractional digits, or a fraction where a division leaves
// one, and magnitudes up to 10^26, so that the product of any two Decimals is representable, x / n * n is x, and a chain of
// factors is rounded once, at its end: to six digits, and then as [Rounding] says.
//
//	Decimal --Wide()--> Wide --Add, Sub, Mul, Div, Rem--> Wide --RoundTo(digits, mode)--> Decimal
//
// Nothing here passes through a binary float, nothing overflows silently, and nothing allocates except the strings
// that are asked for, and fractions of more than 128 bits over 64 (semantics: Points; language: Types).
package decimal
