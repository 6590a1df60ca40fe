package calendar

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Instant is a point in time: microseconds since 1970-01-01T00:00:00Z. Instants compare with the operators of int64.
type Instant int64

const (
	// Forever is later than every instant: the end of what does not end.
	Forever Instant = math.MaxInt64
	// Beginning is earlier than every instant.
	Beginning Instant = math.MinInt64
)

const (
	second = 1_000_000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// The years 0001 to 9999 have a text of four digits.
const (
	firstWritable Instant = -62_135_596_800 * second
	lastWritable  Instant = 253_402_300_800*second - 1
)

// Events happen, and questions are asked, from Earliest on and before Latest: what follows from such an instant, such as the end of its
// year, has a text as well.
const (
	Earliest Instant = -2_208_988_800 * second // 1900-01-01T00:00:00Z
	Latest   Instant = lastWritable - 731*day  // within 9997
)

var (
	errInstant = errors.New("not an RFC 3339 time with a zone offset, such as 2026-12-01T14:00:00Z")
	errYear    = errors.New("a time outside the years 0001 to 9999")
)

// FromTime returns the instant of t, cut to microseconds.
func FromTime(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns i in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add returns i + d, cut to microseconds. It stops at Forever and at Beginning, and those two stay what they are.
func (i Instant) Add(d time.Duration) Instant {
	return Instant(addSaturating(int64(i), d.Microseconds()))
}

// ParseInstant reads an RFC 3339 time. The offset (or Z) is mandatory, the years are 0001 to 9999, there is no second 60,
// the fraction has one to nine digits and is cut to microseconds.
func ParseInstant(s string) (Instant, error) { return parseInstant(s) }

func parseInstant[T string | []byte](s T) (Instant, error) {
	if len(s) < len("2026-12-01T14:00:00Z") || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, errInstant
	}
	date, err := parseDate(s[:10])
	if err != nil {
		return 0, errInstant
	}
	h, m, sec := twoDigits(s, 11), twoDigits(s, 14), twoDigits(s, 17)
	fraction, next := microseconds(s, 19)
	offset, ok := parseOffset(s[next:])
	if uint(h) > 23 || uint(m) > 59 || uint(sec) > 59 || next == 20 || !ok {
		return 0, errInstant
	}
	clock := int64(h)*hour + int64(m)*minute + int64(sec)*second + fraction
	i := Instant(int64(date)*day + clock - offset)
	if i < firstWritable || i > lastWritable {
		return 0, errYear
	}
	return i, nil
}

// microseconds reads the optional fraction at position at and returns the position after it, at+1 for a malformed one.
func microseconds[T string | []byte](s T, at int) (fraction int64, next int) {
	if s[at] != '.' {
		return 0, at
	}
	scale := int64(second)
	for next = at + 1; next < len(s) && s[next]-'0' <= 9; next++ {
		scale /= 10
		fraction += int64(s[next]-'0') * scale
	}
	if next > at+10 {
		return 0, at + 1
	}
	return fraction, next
}

// parseOffset reads "Z" or "+02:00" to the end of s and returns microseconds.
func parseOffset[T string | []byte](s T) (offset int64, ok bool) {
	if len(s) == 1 {
		return 0, s[0] == 'Z'
	}
	if len(s) != 6 || s[3] != ':' || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, m := twoDigits(s, 1), twoDigits(s, 4)
	offset = int64(h)*hour + int64(m)*minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, uint(h) <= 23 && uint(m) <= 59
}

// twoDigits returns the number at s[at:at+2], or -1.
func twoDigits[T string | []byte](s T, at int) int {
	tens, ones := s[at]-'0', s[at+1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

// String returns RFC 3339 in UTC with only the fraction digits it needs, and "forever" or "beginning" for those two.
func (i Instant) String() string {
	var buffer [40]byte
	return string(i.Append(buffer[:0]))
}

// Append appends the text of String to dst.
func (i Instant) Append(dst []byte) []byte {
	switch i {
	case Forever:
		return append(dst, "forever"...)
	case Beginning:
		return append(dst, "beginning"...)
	}
	days, clock := floorDiv(int64(i), day)
	dst = append(integer.Exact[Date](days).Append(dst), 'T')
	dst = appendDigits(dst, clock/hour, 2)
	dst = appendDigits(append(dst, ':'), clock/minute%60, 2)
	dst = appendDigits(append(dst, ':'), clock/second%60, 2)
	if fraction := clock % second; fraction != 0 {
		dst = appendDigits(append(dst, '.'), fraction, 6)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return append(dst, 'Z')
}

// MarshalText writes the text of String, so that an Instant is a string in JSON and may be the key of an object. An instant
// outside the years 0001 to 9999 that is neither Forever nor Beginning is an error.
func (i Instant) MarshalText() ([]byte, error) {
	if (i < firstWritable || i > lastWritable) && i != Forever && i != Beginning {
		return nil, errYear
	}
	return i.Append(nil), nil
}

// UnmarshalText reads what MarshalText writes: ParseInstant, and the words "forever" and "beginning".
func (i *Instant) UnmarshalText(text []byte) (err error) {
	switch string(text) {
	case "forever":
		*i = Forever
		return nil
	case "beginning":
		*i = Beginning
		return nil
	}
	parsed, err := parseInstant(text)
	if err == nil {
		*i = parsed
	}
	return err
}

// appendDigits appends n with leading zeros up to the width.
func appendDigits(dst []byte, n int64, width int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	for limit := int64(10); width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			return strconv.AppendInt(append(dst, "00000"[:width-1]...), n, 10)
		}
	}
	return strconv.AppendInt(dst, n, 10)
}

// addSaturating returns a + b, or the end of int64 on overflow; a that is an end already stays.
func addSaturating(a, b int64) int64 {
	sum := a + b
	switch {
	case a == math.MaxInt64 || a == math.MinInt64:
		return a
	case (a^sum)&(b^sum) >= 0:
		return sum
	case b > 0:
		return math.MaxInt64
	}
	return math.MinInt64
}

// floorDiv returns the quotient rounded toward minus infinity and the remainder, which is not negative.
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		return quotient - 1, rest + b
	}
	return quotient, rest
}
