package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// Who caused an event stands in its record, and in no other one: what an event leads to was caused by the event. It is left when the member
// is erased, and a partner is told nothing of what others have sent under an id.
func TestWhoCausedAnEvent(t *testing.T) {
	w := program(t, till)
	who := &event.By{Action: "event.void", Key: "abcdefgh", Name: "desk", Actor: "Ann from the desk", Request: "r-1", Partner: "bakery"}
	w.as("a").send("ann", "buy", "amount", 10)
	void := engine.NewVoid("a")
	void.By = who
	w.command(void)
	again := w.as("a").event("ann", "buy", "amount", 10)
	again.By = &event.By{Partner: "bakery"}
	w.refused(engine.CodeConflict, again)
	w.restart(false)
	again.By = &event.By{Partner: "bakery"}
	w.refused(engine.CodeConflict, again)
	for seq, by := range map[uint64]*event.By{1: nil, 2: who} {
		b, err := w.store.Record(seq)
		require.NoError(t, err)
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		require.Equal(t, by, rec.Event.By)
	}
}
