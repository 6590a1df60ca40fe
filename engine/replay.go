package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
)

// Replayed is what came of applying a program's whole journal again from nothing.
type Replayed struct {
	Events   uint64 `json:"events"`
	Subjects int    `json:"subjects"` // members, groups and shared limits
	// Hash is that of all states as replayed, Stored that of the states in the store; equal ones prove the store.
	Hash   string `json:"hash"`
	Stored string `json:"stored"`
	// Semantics tells, where records were decided by other rules than this build's, how many of each number there are, and how many
	// of them come out otherwise now. Then states need not be as stored, and that is no damage.
	Semantics []SemanticsDiffer `json:"semantics,omitempty"`
	// Differs are the first keys whose states are not the same, sorted.
	Differs []string `json:"differs,omitempty"`
}

// maxDiffers bounds what a replay names.
const maxDiffers = 10

// Replay applies the journal again from nothing, under the versions that decided, and compares what comes out with the
// store (reliability: P7). It returns an error that names the record when a record's outcome is not what it was. The store
// is only read; no processor may be at work on it.
func Replay(store Store, versions []Version) (Replayed, error) {
	var r Replayed
	again, err := openProcessor(journalOnly{store}, versions, nil, anySemantics)
	if err != nil {
		return r, err
	}
	replayed := map[string][]byte{}
	again.states(replayed)

	kept, err := openProcessor(store, versions, nil, anySemantics) // with what the store has not written yet
	if err != nil {
		return r, err
	}
	stored := map[string][]byte{}
	for _, prefix := range []string{statePrefix, boardPrefix} {
		err := store.Scan(prefix, "", func(key string, value []byte) bool {
			if !isRemoval(key, value) {
				stored[key] = slices.Clone(value)
			}
			return true
		})
		if err != nil {
			return r, err
		}
	}
	kept.states(stored)

	r.Events, r.Subjects = again.last, len(replayed)
	if len(again.differing) > 1 || len(again.differing) == 1 && again.differing[0].Semantics != semanticsNow {
		r.Semantics = again.differing
	}
	r.Hash, r.Stored = hashStates(replayed), hashStates(stored)
	keys := slices.Collect(maps.Keys(stored))
	for key := range replayed {
		if _, both := stored[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if string(stored[key]) != string(replayed[key]) && len(r.Differs) < maxDiffers {
			r.Differs = append(r.Differs, key)
		}
	}
	return r, nil
}

// Sound reports whether the store is proved: what is stored is what the journal comes to, as far as the rules of this build decided it.
func (r *Replayed) Sound() bool {
	return r.Hash == r.Stored || slices.ContainsFunc(r.Semantics, func(s SemanticsDiffer) bool { return s.Differ > 0 })
}

// anySemantics accepts every record.
func anySemantics(*Record) error { return nil }

// states puts the states that wait for a checkpoint into all.
func (p *Processor) states(all map[string][]byte) {
	b := p.Take(true)
	b.Complete()
	for _, row := range b.States {
		if isState(row.Key) || isScore(row.Key) {
			if row.Value == nil || isRemoval(row.Key, row.Value) {
				delete(all, row.Key)
			} else {
				all[row.Key] = row.Value
			}
		}
	}
}

// isRemoval reports whether a row says that a member has no score any more. It guards a board against older scores and is no
// fact of its own: that of an erased member goes.
func isRemoval(key string, value []byte) bool {
	return isScore(key) && decodeScore(value).Score.Removed
}

func hashStates(all map[string][]byte) string {
	sum := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		hashText(sum, []byte(key))
		hashText(sum, all[key])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// hashText adds a text with its length, so that no two lists of texts have one hash.
func hashText(sum hash.Hash, text []byte) {
	var w writer
	w.len(len(text))
	sum.Write(w.B)
	sum.Write(text)
}

// journalOnly is a store of which nothing is left but the journal.
type journalOnly struct{ Store }

func (journalOnly) Get(string) ([]byte, error) { return nil, nil }

func (j journalOnly) Head() (last, mark uint64) {
	last, _ = j.Store.Head()
	return last, 0
}
