package pebblestore

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Keys begin with a letter for the kind. A program's id follows with its length before it, so that no id's keys lie within
// another's.
//
//	settings/ k <key>              a setting, with the revision that it was written at
//	          r                    the revision of the settings
//	state/    i <program> <id>     seq of an event's id
//	          s <program> <key>    a subject's state or an index row
//	          x <program>          progress
const (
	settingKind  = 'k'
	revisionKind = 'r'
	idKind       = 'i'
	rowKind      = 's'
	progressKind = 'x'
	scrubKind    = 'z' // a row that only Scrub writes, in both instances
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

// plainName are the bytes of a program's id that stand for themselves in the name of its journal's directory. Capitals do not, since
// some disks do not tell them from small letters.
const plainName = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// directoryOf is the name of the directory of a program's journal.
func directoryOf(program string) string {
	var b strings.Builder
	for i := range len(program) {
		if c := program[i]; strings.IndexByte(plainName, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// programOf is the program whose journal's directory has a name.
func programOf(name string) (program string, ok bool) {
	program, err := url.PathUnescape(name)
	return program, err == nil && directoryOf(program) == name && program != ""
}
