// Package wire is how states and journal records are written: fields in order without names, numbers as varints, texts with their
// length. A Codec either writes or reads, and each of its methods takes a pointer, so that one description of a type, the list of
// its fields, is what writes it and what reads it back:
//
//	func lot(c *wire.Codec, l *Lot) {
//		c.At(&l.Granted)
//		c.Num(&l.Amount)
//	}
//
// The first damage stays, and all that is read after it is zero. Methods that begin with Put or Get go one way only, for what is
// not written as it is held.
package wire
