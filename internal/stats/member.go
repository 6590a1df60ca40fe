package stats

import (
	"encoding/binary"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// Window is how far back it is known on which days a member was active, from their last one.
const Window = 104 * 7

// Member is what statistics know of a member: the day on which they joined, and on which days they were active, for each type of
// event.
type Member struct {
	Joined calendar.Key
	Types  []Active // by Type; "" is all that the ruleset calls activity
	Runs   []Run    // challenges that they are in, or have done, and promotions that have brought them something

	id    string
	row   *memberRow
	dirty bool
	gone  bool // the row is deleted
}

// Run is how far a member is with a challenge.
type Run struct {
	Challenge string       // its id; of a promotion promotions/ and its id
	Since     calendar.Key // the day of the first progress of this round
	Quarter   int          // how many quarters are behind them; 4: done
}

// Active are the days on which a member was active by a type of event, in order.
type Active struct {
	Type string
	Days []Day
}

// Day is a day with its number of events.
type Day struct {
	Day    calendar.Key
	Events int64
}

// of finds the days of a type, or makes room for them.
func (m *Member) of(name string) *Active {
	i, found := slices.BinarySearchFunc(m.Types, name, func(a Active, name string) int {
		switch {
		case a.Type < name:
			return -1
		case a.Type > name:
			return 1
		}
		return 0
	})
	if !found {
		m.Types = slices.Insert(m.Types, i, Active{Type: name})
	}
	return &m.Types[i]
}

// find is where a day is, or would be.
func (a *Active) find(day calendar.Key) (int, bool) {
	if n := len(a.Days); n > 0 && a.Days[n-1].Day == day { // nearly always
		return n - 1, true
	}
	return slices.BinarySearchFunc(a.Days, day, func(d Day, day calendar.Key) int { return int(d.Day - day) })
}

// outside reports whether a day is too long ago to be known.
func (a *Active) outside(day calendar.Key) bool {
	n := len(a.Days)
	return n > 0 && day <= a.Days[n-1].Day-Window
}

func encodeMember(m *Member) []byte {
	b := binary.AppendVarint(nil, int64(m.Joined))
	b = binary.AppendUvarint(b, uint64(len(m.Types)))
	for i := range m.Types {
		a := &m.Types[i]
		b = binary.AppendUvarint(b, uint64(len(a.Type)))
		b = append(b, a.Type...)
		b = binary.AppendUvarint(b, uint64(len(a.Days)))
		last := calendar.Key(0)
		for _, d := range a.Days {
			// Most days have one event: those take one number.
			more := int64(0)
			if d.Events != 1 {
				more = 1
			}
			b = binary.AppendVarint(b, int64(d.Day-last)<<1|more)
			if last = d.Day; more == 1 {
				b = binary.AppendVarint(b, d.Events)
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(m.Runs)))
	for i := range m.Runs {
		r := &m.Runs[i]
		b = binary.AppendUvarint(b, uint64(len(r.Challenge)))
		b = append(b, r.Challenge...)
		b = binary.AppendVarint(binary.AppendVarint(b, int64(r.Since)), int64(r.Quarter))
	}
	return b
}

// decode reads what encodeMember wrote, into memory that may have been another member's. names are those of types and challenges that are known,
// so that each is held once.
func (m *Member) decode(b []byte, names map[string]string) error {
	r := numbers{b: b, names: names}
	m.Joined = calendar.Key(r.int())
	m.Types = sized(m.Types, r.length())
	for i := range m.Types {
		a := &m.Types[i]
		a.Type = r.text()
		a.Days = sized(a.Days, r.length())
		last := calendar.Key(0)
		for j := range a.Days {
			n := r.int()
			last += calendar.Key(n >> 1)
			a.Days[j] = Day{last, 1}
			if n&1 == 1 {
				a.Days[j].Events = r.int()
			}
		}
	}
	m.Runs = sized(m.Runs, r.length())
	for i := range m.Runs {
		m.Runs[i] = Run{Challenge: r.text(), Since: calendar.Key(r.int()), Quarter: int(r.int())}
	}
	if r.damaged {
		return errDamaged
	}
	return nil
}

// sized is a list of a length, in the memory of another where it has room.
func sized[T any](list []T, n int) []T {
	if n <= cap(list) {
		return list[:n]
	}
	return make([]T, n, n+1)
}

// numbers reads numbers one after another.
type numbers struct {
	b       []byte
	names   map[string]string
	damaged bool
}

func (r *numbers) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.damaged, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *numbers) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.damaged, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// length is how many follow, which is never more than there are bytes.
func (r *numbers) length() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.damaged, r.b = true, nil
		return 0
	}
	return int(n) //nolint:gosec // not above the length of a slice
}

func (r *numbers) text() string {
	n := r.length()
	s, known := r.names[string(r.b[:n])]
	if !known {
		s = string(r.b[:n])
		r.names[s] = s
	}
	r.b = r.b[n:]
	return s
}
