package pebblestore

import (
	"encoding/binary"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Keys begin with a letter for the kind. A program's id follows with its length before it, so that no id's keys lie within
// another's; a sequence number is big-endian, so that keys sort like numbers.
//
//	journal/  r <program> <seq>    the record with its checksum
//	          k <key>              a setting
//	state/    i <program> <id>     seq of an event's id
//	          s <program> <key>    a subject's state or an index row
//	          x <program>          progress
const (
	recordKind   = 'r'
	settingKind  = 'k'
	idKind       = 'i'
	rowKind      = 's'
	progressKind = 'x'
)

// maxProgram is the length of the longest id of a program, since one byte holds the length.
const maxProgram = 255

func programKey(kind byte, program string) []byte {
	b := make([]byte, 0, 2+len(program))
	return append(append(b, kind, integer.Exact[byte](len(program))), program...)
}

// textKey continues a program's prefix with a text.
func textKey(prefix []byte, text string) []byte {
	b := make([]byte, 0, len(prefix)+len(text))
	return append(append(b, prefix...), text...)
}

// seqKey continues a program's prefix with a sequence number.
func seqKey(prefix []byte, seq uint64) []byte {
	b := make([]byte, 0, len(prefix)+8)
	return binary.BigEndian.AppendUint64(append(b, prefix...), seq)
}

// after is the first key behind all that start with prefix, nil when there is none.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			b := append([]byte(nil), prefix[:i+1]...)
			b[i]++
			return b
		}
	}
	return nil
}
