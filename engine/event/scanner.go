package event

import (
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON strictly: valid UTF-8, no text after the value, no NUL in strings, bounded depth. It is the event
// path's own reader because events go straight into slots, without maps in between.
type scanner struct {
	src []byte
	pos int
	// fault is the first thing wrong with the JSON itself, "" while there is none; at is where.
	fault string
	at    int
	buf   []byte
}

// maxDepth bounds how deep an event's JSON may nest.
const maxDepth = 16

func (s *scanner) fail(what string) {
	if s.fault == "" {
		s.fault, s.at = what, s.pos
	}
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte that is not white space, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos >= len(s.src) {
		return 0
	}
	return s.src[s.pos]
}

// take consumes c if it comes next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.pos >= len(s.src) {
		return false
	}
	s.pos++
	return true
}

// object calls member for each key of an object, with the scanner before the value. The key is valid until the next call
// of the scanner. It reports false when what comes is not an object or is faulty.
func (s *scanner) object(member func(key []byte)) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		if s.peek() != '"' {
			s.fail("a key in quotes is expected")
			return false
		}
		key, ok := s.text()
		if !ok {
			return false
		}
		if !s.take(':') {
			s.fail("a colon is expected after the key")
			return false
		}
		if member(key); s.fault != "" {
			return false
		}
		switch {
		case s.take(','):
		case s.take('}'):
			return true
		default:
			s.fail("a comma or } is expected")
			return false
		}
	}
}

// array calls element for each element of an array, with the scanner before it.
func (s *scanner) array(element func(i int)) bool {
	if !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	for i := 0; ; i++ {
		if element(i); s.fault != "" {
			return false
		}
		switch {
		case s.take(','):
		case s.take(']'):
			return true
		default:
			s.fail("a comma or ] is expected")
			return false
		}
	}
}

// text reads a string. Without escapes the result is a part of the source.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	start := s.pos
	ascii := true
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '"':
			raw := s.src[start:s.pos]
			if !ascii && !utf8.Valid(raw) {
				s.fail("the text is not valid UTF-8")
				return nil, false
			}
			s.pos++
			return raw, true
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			s.fail("a control character must be escaped")
			return nil, false
		default:
			ascii = ascii && c < utf8.RuneSelf
			s.pos++
		}
	}
	s.fail("the text has no closing quote")
	return nil, false
}

// escaped reads the rest of a string that has an escape.
func (s *scanner) escaped(start int) ([]byte, bool) {
	s.buf = append(s.buf[:0], s.src[start:s.pos]...)
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		switch {
		case c == '"':
			if !utf8.Valid(s.buf) {
				s.fail("the text is not valid UTF-8")
				return nil, false
			}
			s.pos++
			return s.buf, true
		case c < 0x20:
			s.fail("a control character must be escaped")
			return nil, false
		case c != '\\':
			s.buf = append(s.buf, c)
			s.pos++
		case !s.escape():
			return nil, false
		}
	}
	s.fail("the text has no closing quote")
	return nil, false
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape into buf.
func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.src) {
		s.fail("the text has no closing quote")
		return false
	}
	c := s.src[s.pos+1]
	if plain := escapes[c]; plain != 0 {
		s.buf = append(s.buf, plain)
		s.pos += 2
		return true
	}
	r, ok := s.hex(s.pos)
	if !ok {
		s.fail("the escape is not one of JSON's")
		return false
	}
	s.pos += 6
	if utf16.IsSurrogate(r) {
		low, ok := s.hex(s.pos)
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			s.fail("half of a surrogate pair is missing")
			return false
		}
		s.pos += 6
	}
	if r == 0 {
		s.fail("text must not hold a NUL character")
		return false
	}
	s.buf = utf8.AppendRune(s.buf, r)
	return true
}

// hex reads the \uXXXX at a position.
func (s *scanner) hex(at int) (rune, bool) {
	if at+6 > len(s.src) || s.src[at] != '\\' || s.src[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.src[at+2 : at+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads the characters of a number; decimal.ParseBytes judges them.
func (s *scanner) number() []byte {
	s.space()
	start := s.pos
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.pos++
		default:
			return s.src[start:s.pos]
		}
	}
	return s.src[start:s.pos]
}

// word consumes true, false or null.
func (s *scanner) word(w string) bool {
	s.space()
	if len(s.src)-s.pos < len(w) || string(s.src[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// skip passes over one value of any kind and checks that it is well-formed.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail("the JSON is nested too deeply")
		return
	}
	switch c := s.peek(); {
	case c == '{':
		s.object(func([]byte) { s.skip(depth + 1) })
	case c == '[':
		s.array(func(int) { s.skip(depth + 1) })
	case c == '"':
		s.text()
	case c == '-' || c >= '0' && c <= '9':
		if digits := s.number(); !wellFormed(digits) {
			s.fail("this is not a number of JSON")
		}
	case s.word("true") || s.word("false") || s.word("null"):
	default:
		s.fail("a value is expected")
	}
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool { return s.peek() == 0 && s.pos >= len(s.src) }

// wellFormed reports whether b is a number by JSON's grammar.
func wellFormed(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n > 0
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	leadingZero := len(b) > 1 && b[0] == '0' && b[1] >= '0' && b[1] <= '9'
	if leadingZero || !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		if b = b[1:]; !digits() {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(b) == 0
}
