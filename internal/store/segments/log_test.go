package segments

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

const (
	here = "/data/journal/acme"
	away = "/archive/acme"
)

func options(files vfs.FS) Options {
	return Options{FS: files, Dir: here, Program: "acme", Logger: slog.New(slog.DiscardHandler), Size: 4 << 10}
}

func opened(t *testing.T, o Options) *Log {
	t.Helper()
	l, err := Open(o)
	require.NoError(t, err)
	return l
}

// text is the n-th record of a seed, of any size.
func text(r *rand.Rand, n uint64) []byte {
	size := []int{0, 1, 30, 300, 3000, 40_000}[min(5, r.IntN(60)/10)]
	if size == 40_000 && r.IntN(8) > 0 {
		size = 400
	}
	b := fmt.Appendf(nil, "record %d ", n)
	for len(b) < size {
		b = fmt.Appendf(b, `{"order":"%x","amount":%d}`, r.Uint32(), r.IntN(100))
	}
	return b
}

// model is what a log should hold.
type model [][]byte

func (m *model) batch(r *rand.Rand, n int) [][]byte {
	var b [][]byte
	for range n {
		b = append(b, text(r, uint64(len(*m))+1))
		*m = append(*m, b[len(b)-1])
	}
	return b
}

func requireHolds(t *testing.T, l *Log, want model, what string) {
	t.Helper()
	require.EqualValues(t, len(want), l.Last(), what)
	n := 0
	require.NoError(t, l.Records(1, l.Last(), func(seq uint64, b []byte) bool {
		n++
		require.EqualValues(t, n, seq, what)
		require.Equal(t, string(want[n-1]), string(b), "%s: record %d", what, seq)
		return true
	}), what)
	require.Len(t, want, n, what)
	for i, w := range want {
		b, err := l.Record(uint64(i + 1))
		require.NoError(t, err, what)
		require.Equal(t, string(w), string(b), what)
	}
	b, err := l.Record(l.Last() + 1)
	require.NoError(t, err, what)
	require.Nil(t, b, what)
}

func names(t *testing.T, files vfs.FS, dir string) []string {
	t.Helper()
	found, err := files.List(dir)
	require.NoError(t, err)
	return found
}

func readFile(t *testing.T, files vfs.FS, name string) []byte {
	t.Helper()
	b, err := readAll(files, name)
	require.NoError(t, err)
	return b
}

func writeFile(t *testing.T, files vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := files.Create(name, category)
	require.NoError(t, err)
	_, err = f.Write(b)
	require.NoError(t, err)
	require.NoError(t, errors.Join(f.Sync(), f.Close()))
}

// Whatever is done to a log, and however often it is opened, it holds what was written to it.
func TestALogHoldsWhatWasWritten(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		files := vfs.NewMem()
		o := options(files)
		o.Size = int64(1024) << r.IntN(6)
		o.Plain = r.IntN(4) == 0
		if r.IntN(2) == 0 {
			o.Archive = away
		}
		l := opened(t, o)
		var want model
		for range 60 {
			switch r.IntN(10) {
			case 0:
				require.NoError(t, l.Close())
				o.Seen = uint64(r.IntN(len(want) + 1))
				l = opened(t, o)
				require.Empty(t, l.Damaged())
			case 1:
				require.NoError(t, l.Tend(nil))
			case 2:
				var replaced []Replacement
				for i := range want {
					if r.IntN(20) == 0 {
						want[i] = text(r, uint64(i+1))
						replaced = append(replaced, Replacement{uint64(i + 1), want[i]})
					}
				}
				require.NoError(t, l.Rewrite(replaced))
			default:
				require.NoError(t, l.Append(want.batch(r, 1+r.IntN(12))...))
			}
		}
		requireHolds(t, l, want, fmt.Sprint("seed ", seed))
		require.NoError(t, l.Tend(nil))
		requireHolds(t, l, want, fmt.Sprint("seed ", seed, ", tended"))
		require.NoError(t, l.Close())
		bytes := l.Bytes()
		l = opened(t, o)
		requireHolds(t, l, want, fmt.Sprint("seed ", seed, ", opened again"))
		require.Equal(t, bytes, l.Bytes())
		require.NoError(t, l.Close())
		for _, name := range names(t, files, here) {
			require.True(t, strings.HasSuffix(name, ending), name)
		}
	}
}

// Hundreds of short lives leave few files.
func TestShortLivesLeaveFewFiles(t *testing.T) {
	files := vfs.NewMem()
	r := rand.New(rand.NewPCG(1, 1))
	o := options(files)
	o.Size = 1 << 20
	var want model
	for range 200 {
		l := opened(t, o)
		require.NoError(t, l.Append(want.batch(r, 1+r.IntN(4))...))
		require.NoError(t, l.Tend(nil))
		require.NoError(t, l.Close())
	}
	require.LessOrEqual(t, len(names(t, files, here)), 12)
	l := opened(t, o)
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())
}

// counted counts the bytes that are read.
type counted struct {
	vfs.FS
	read int64
}

type countedFile struct {
	vfs.File
	of *counted
}

func (c *counted) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := c.FS.Open(name, o...)
	if err != nil {
		return nil, err
	}
	return countedFile{f, c}, nil
}

func (f countedFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	f.of.read += int64(n)
	return n, err
}

// Opening reads the last segment, and a record one block of its own.
func TestLittleIsRead(t *testing.T) {
	c := &counted{FS: vfs.NewMem()}
	o := options(c)
	o.Size = 256 << 10
	l := opened(t, o)
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var batch [][]byte
		for n := range uint64(40) {
			b := text(r, n)
			for len(b) < 700 {
				b = fmt.Appendf(b, "%x", r.Uint64())
			}
			batch = append(batch, b)
		}
		require.NoError(t, l.Append(batch...))
	}
	require.NoError(t, l.Tend(nil))
	require.NoError(t, l.Close())
	require.Greater(t, l.Bytes(), 10*o.Size)
	c.read = 0
	l = opened(t, o)
	require.LessOrEqual(t, c.read, o.Size+100<<10)
	_, err := l.Record(1)
	require.NoError(t, err)
	c.read = 0
	for seq := uint64(1); seq < 100; seq++ {
		_, err := l.Record(seq)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, c.read, int64(99*3*step))
	require.NoError(t, l.Close())
}

// What a start has told of survives the loss of power, even where the process before was killed before its sync.
func TestWhatAStartHasReadIsDurable(t *testing.T) {
	files := vfs.NewCrashableMem()
	l := opened(t, options(files))
	require.NoError(t, l.Append([]byte("one")))
	l.open.builder.add([]byte("two"))
	require.NoError(t, l.open.frame()) // and killed
	l = opened(t, options(files))
	require.EqualValues(t, 2, l.Last())
	l = opened(t, options(files.CrashClone(vfs.CrashCloneCfg{})))
	require.EqualValues(t, 2, l.Last())
	b, err := l.Record(2)
	require.NoError(t, err)
	require.Equal(t, "two", string(b))
}

func TestReadersAreNotDisturbed(t *testing.T) {
	o := options(vfs.NewMem())
	o.Archive = away
	l := opened(t, o)
	r := rand.New(rand.NewPCG(1, 1))
	var want model
	require.NoError(t, l.Append(want.batch(r, 20)...))
	stop, done := make(chan struct{}), make(chan error)
	for range 2 {
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				last := l.Last()
				n := uint64(0)
				if err := l.Records(1, last, func(seq uint64, _ []byte) bool { n = seq; return true }); err != nil || n != last {
					done <- fmt.Errorf("%d of %d: %w", n, last, err)
					return
				}
				if b, err := l.Record(last/2 + 1); err != nil || !strings.HasPrefix(string(b), fmt.Sprintf("record %d ", last/2+1)) {
					done <- fmt.Errorf("record %d is %q: %w", last/2+1, b, err)
					return
				}
			}
		}()
	}
	for i := range 150 {
		require.NoError(t, l.Append(want.batch(r, 5)...))
		if i%5 == 0 {
			require.NoError(t, l.Tend(nil))
		}
		if i%20 == 0 {
			require.NoError(t, l.Rewrite([]Replacement{{uint64(i + 1), text(r, uint64(i+1))}, {l.Last(), text(r, l.Last())}}))
		}
	}
	close(stop)
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.NoError(t, l.Close())
}

func TestRecordsOfAllSizes(t *testing.T) {
	l := opened(t, options(vfs.NewMem()))
	var want model
	for _, size := range []int{0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 1 << 20} {
		for range 2 {
			want = append(want, []byte(strings.Repeat("x", size)))
		}
	}
	require.NoError(t, l.Append(want...))
	require.NoError(t, l.Append())
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())
}

var _ io.ReaderAt = countedFile{}
