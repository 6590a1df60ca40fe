package segments

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/s2"

	"github.com/laurel-engine/laurel/engine/integer"
)

// blockBytes is how much of records one block holds before it is compressed. Larger ones compress better, and cost more to read
// one record of.
const blockBytes = 32 << 10

// Sizes of what precedes the blocks of a frame.
const (
	frameHeader = 20 // magic, checksum, first, blocks
	blockEntry  = 16 // records, raw, stored, checksum
)

const frameMagic = 0x6d61724c // "Lram"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var little = binary.LittleEndian

// block is one row of a frame's table.
type block struct {
	first   uint64 // seq of its first record
	records uint32
	raw     uint32 // bytes of the records, with their lengths
	stored  uint32 // bytes in the file; as many as raw: it is not compressed
	sum     uint32
	at      int64 // in the file
}

// frame is what an append wrote.
type frame struct {
	at, end int64
	first   uint64
	records uint64
	blocks  []block
}

func (fr frame) next() uint64 { return fr.first + fr.records }

// blockSum is the checksum of a block: of whose it is, where it belongs, and what it holds.
func blockSum(key uint32, b block, stored []byte) uint32 {
	var head [16]byte
	little.PutUint64(head[:], b.first)
	little.PutUint32(head[8:], b.records)
	little.PutUint32(head[12:], b.raw)
	return crc32.Update(crc32.Update(key, castagnoli, head[:]), castagnoli, stored)
}

// frameSum is the checksum of a frame's header and table, of which the first 8 bytes are no part, at its place in the file.
func frameSum(key uint32, at int64, head []byte) uint32 {
	var place [8]byte
	little.PutUint64(place[:], integer.Exact[uint64](at))
	return crc32.Update(crc32.Update(key, castagnoli, place[:]), castagnoli, head[8:])
}

// builder makes a frame of records.
type builder struct {
	key     uint32
	plain   bool // nothing is compressed
	smaller bool // rather than fast

	first, next   uint64 // the first record of the frame, and the one that is added next
	blocks        []block
	body          []byte // of closed blocks
	lengths, text []byte // of the block under way
	records       uint32
	raw, out      []byte
}

// begin begins a frame.
func (b *builder) begin(first uint64) {
	b.first, b.next = first, first
	b.blocks, b.body = b.blocks[:0], b.body[:0]
}

// add adds a record.
func (b *builder) add(record []byte) {
	if b.records > 0 && len(b.lengths)+len(b.text)+len(record) > blockBytes {
		b.closeBlock()
	}
	b.lengths = binary.AppendUvarint(b.lengths, uint64(len(record)))
	b.text = append(b.text, record...)
	b.records++
	b.next++
}

// closeBlock ends the block under way.
func (b *builder) closeBlock() {
	if b.records == 0 {
		return
	}
	b.raw = append(append(b.raw[:0], b.lengths...), b.text...)
	done := block{first: b.next - uint64(b.records), records: b.records, raw: integer.Exact[uint32](len(b.raw))}
	from := len(b.body)
	b.body = b.compress(b.body)
	stored := b.body[from:]
	done.stored = integer.Exact[uint32](len(stored))
	done.sum = blockSum(b.key, done, stored)
	b.blocks = append(b.blocks, done)
	b.lengths, b.text, b.records = b.lengths[:0], b.text[:0], 0
}

// compress appends the block under way.
func (b *builder) compress(to []byte) []byte {
	if b.plain {
		return append(to, b.raw...)
	}
	most := s2.MaxEncodedLen(len(b.raw))
	if cap(to)-len(to) < most {
		to = append(make([]byte, 0, 2*cap(to)+most), to...)
	}
	room := to[len(to) : len(to)+most]
	var stored []byte
	if b.smaller {
		stored = s2.EncodeBetter(room, b.raw)
	} else {
		stored = s2.Encode(room, b.raw)
	}
	if len(stored) >= len(b.raw) {
		return append(to, b.raw...)
	}
	return to[:len(to)+len(stored)]
}

// addStored adds a block of another frame as it is. One that is damaged stays so, whatever its checksum was.
func (b *builder) addStored(of block, stored []byte, damaged bool) {
	b.closeBlock()
	of.sum = blockSum(b.key, of, stored)
	if damaged {
		of.sum = ^of.sum
	}
	b.blocks = append(b.blocks, of)
	b.body = append(b.body, stored...)
	b.next += uint64(of.records)
}

// finish is the frame for a place in the file, valid until the next one is begun.
func (b *builder) finish(at int64) []byte {
	b.closeBlock()
	out := little.AppendUint32(b.out[:0], frameMagic)
	out = little.AppendUint32(out, 0) // the checksum, which comes last
	out = little.AppendUint64(out, b.first)
	out = little.AppendUint32(out, integer.Exact[uint32](len(b.blocks)))
	for _, e := range b.blocks {
		out = little.AppendUint32(out, e.records)
		out = little.AppendUint32(out, e.raw)
		out = little.AppendUint32(out, e.stored)
		out = little.AppendUint32(out, e.sum)
	}
	little.PutUint32(out[4:], frameSum(b.key, at, out))
	out = append(out, b.body...)
	b.out = out
	return out
}

// errNoFrame is of a place where no frame begins; errShort of a file that ends before it should.
var (
	errNoFrame = errors.New("no frame begins here")
	errShort   = errors.New("the file ends before it should")
)

// window reads a file in pieces.
type window struct {
	file  io.ReaderAt
	end   int64 // nothing is read from here on
	piece int   // as much as is read at once

	at     int64
	b, buf []byte
	blocks []block // of the frame that was read last
}

// read is n bytes of the file, valid until the next read.
func (w *window) read(at int64, n int) ([]byte, error) {
	if at < w.at || at+int64(n) > w.at+int64(len(w.b)) {
		if int64(n) > w.end-at {
			return nil, errShort
		}
		size := int(min(int64(max(n, w.piece)), w.end-at))
		if cap(w.buf) < size {
			w.buf = make([]byte, size)
		}
		w.b = nil
		if got, err := w.file.ReadAt(w.buf[:size], at); got < size {
			return nil, fmt.Errorf("%d bytes at %d cannot be read: %w", size, at, err)
		}
		w.at, w.b = at, w.buf[:size]
	}
	return w.b[at-w.at:][:n], nil
}

// frameAt reads a frame's header and table, errNoFrame where there is none. Its blocks may go beyond the end of the file.
func (w *window) frameAt(key uint32, at int64) (frame, error) {
	head, err := w.read(at, frameHeader)
	if errors.Is(err, errShort) || err == nil && little.Uint32(head) != frameMagic {
		return frame{}, errNoFrame
	} else if err != nil {
		return frame{}, err
	}
	blocks := int64(little.Uint32(head[16:]))
	if blocks == 0 || blocks*blockEntry > w.end-at-frameHeader {
		return frame{}, errNoFrame
	}
	head, err = w.read(at, int(frameHeader+blocks*blockEntry))
	if err != nil {
		return frame{}, err
	}
	if little.Uint32(head[4:]) != frameSum(key, at, head) {
		return frame{}, errNoFrame
	}
	fr := frame{at: at, first: little.Uint64(head[8:]), end: at + int64(len(head))}
	w.blocks = w.blocks[:0]
	for row := head[frameHeader:]; len(row) > 0; row = row[blockEntry:] {
		b := block{first: fr.next(), at: fr.end,
			records: little.Uint32(row), raw: little.Uint32(row[4:]), stored: little.Uint32(row[8:]), sum: little.Uint32(row[12:])}
		w.blocks = append(w.blocks, b)
		fr.records += uint64(b.records)
		fr.end += int64(b.stored)
	}
	fr.blocks = w.blocks
	return fr, nil
}

// search is the first frame at or behind a place.
func (w *window) search(key uint32, at int64) (frame, error) {
	magic := little.AppendUint32(nil, frameMagic)
	for ; w.end-at >= frameHeader; at++ {
		piece, err := w.read(at, int(min(64<<10, w.end-at)))
		if err != nil {
			return frame{}, err
		}
		i := bytes.Index(piece, magic)
		if i < 0 {
			at += int64(len(piece) - len(magic)) // its last bytes may be the first of one
			continue
		}
		at += int64(i)
		if fr, err := w.frameAt(key, at); !errors.Is(err, errNoFrame) {
			return fr, err
		}
	}
	return frame{}, errNoFrame
}

// stored is a block as it is in the file, with an error where it is not what was written.
func (w *window) stored(key uint32, b block) ([]byte, error) {
	stored, err := w.read(b.at, int(b.stored))
	if err != nil {
		return nil, err
	}
	if blockSum(key, b, stored) != b.sum {
		return stored, errors.New("its checksum does not match")
	}
	return stored, nil
}

// text is a block's records in one piece, and where they end.
func (b block) text(stored, room []byte) (text []byte, ends []int, err error) {
	raw := stored
	if b.stored != b.raw {
		if n, err := s2.DecodedLen(stored); err != nil || n != int(b.raw) {
			return nil, nil, errors.New("it does not have the length that it should")
		}
		if raw, err = s2.Decode(room[:cap(room)], stored); err != nil {
			return nil, nil, err
		}
	}
	ends = make([]int, 0, b.records)
	end := 0
	for range b.records {
		n, size := binary.Uvarint(raw)
		if size <= 0 || n > uint64(b.raw) {
			return nil, nil, errors.New("the lengths of its records are none")
		}
		raw, end = raw[size:], end+int(n) //nolint:gosec // within raw
		ends = append(ends, end)
	}
	if end != len(raw) {
		return nil, nil, errors.New("the lengths of its records do not add up")
	}
	return raw, ends, nil
}
