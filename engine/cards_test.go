package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// cardNumber is the nth number of a card.
func cardNumber(n byte) string { return engine.CardNumber([16]byte{0: n, 15: n}) }

// cardsOf are the cards of a member: "1 replaced, 2 active".
func (w *world) cardsOf(member string) string {
	w.t.Helper()
	list, err := w.p.Cards(member)
	require.NoError(w.t, err)
	var words []string
	for _, c := range list {
		for n := byte(1); n < 9; n++ {
			if c.Number == cardNumber(n) {
				words = append(words, string('0'+n)+" "+c.State)
			}
		}
		found, err := w.p.FindCard(c.Number)
		require.NoError(w.t, err)
		require.Equal(w.t, c, *found)
		require.Equal(w.t, member, found.Member)
	}
	return strings.Join(words, ", ")
}

// A card is found by its number alone, before and after every restart, until it is erased with its member.
func TestCards(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
rules: {stars: {when: visit, give: {stars: 10}}}
`)
	w.refused(engine.CodeMemberUnknown, w.dated(engine.NewCard("i1", "ann", cardNumber(1))))
	w.send("ann", "visit")
	w.send("bob", "visit")
	w.refused(engine.CodeDoesNotFit, w.dated(engine.NewCard("i1", "ann", "12345")))
	w.refused(engine.CodeNotFound, w.dated(engine.NewCardBlock("b1", "ann", "")))
	w.accept(w.dated(engine.NewCard("i1", "ann", cardNumber(1))))
	w.refused(engine.CodeCardIssued, w.dated(engine.NewCard("i2", "ann", cardNumber(2))))
	w.refused(engine.CodeCardIssued, w.dated(engine.NewCard("i3", "bob", cardNumber(1))))
	w.accept(w.dated(engine.NewCard("i4", "bob", cardNumber(3))))
	for _, checkpoint := range []bool{false, true} {
		require.Equal(t, "1 active", w.cardsOf("ann"))
		w.restart(checkpoint)
	}
	out := w.accept(w.dated(engine.NewCardRotation("r1", "ann", cardNumber(4))))
	require.Equal(t, "1 replaced, 4 active", w.cardsOf("ann"))
	w.restart(false)
	again := w.accept(w.dated(engine.NewCardRotation("r1", "ann", cardNumber(5))))
	require.True(t, again.Duplicate, "the number is drawn for each call, and the first one counts")
	require.Equal(t, out.Card.Issued, again.Card.Issued)
	w.refused(engine.CodeConflict, w.dated(engine.NewCardRotation("r1", "bob", cardNumber(5))))
	w.refused(engine.CodeCardEnded, w.dated(engine.NewCardBlock("b2", "ann", cardNumber(1))))
	w.refused(engine.CodeNotFound, w.dated(engine.NewCardBlock("b3", "ann", cardNumber(3))))
	w.accept(w.dated(engine.NewCardBlock("b4", "ann", "")))
	w.refused(engine.CodeCardEnded, w.dated(engine.NewCardBlock("b5", "ann", "")))
	w.accept(w.dated(engine.NewCardRotation("r2", "ann", cardNumber(6))))
	require.Equal(t, "1 replaced, 4 blocked, 6 active", w.cardsOf("ann"))
	w.restart(false)
	require.Equal(t, "1 replaced, 4 blocked, 6 active", w.cardsOf("ann"))

	w.accept(w.dated(engine.NewErasure("ann")))
	for _, checkpoint := range []bool{false, false, true} {
		require.Empty(t, w.cardsOf("ann"))
		for _, n := range []byte{1, 4, 6} {
			found, err := w.p.FindCard(cardNumber(n))
			require.NoError(t, err)
			require.Nil(t, found, "an erased card is unknown, whatever it was")
		}
		require.Equal(t, "3 active", w.cardsOf("bob"))
		w.restart(checkpoint)
	}
	w.redact(4)
	for _, n := range []byte{1, 4, 6} {
		require.Empty(t, w.found(cardNumber(n)), "its number is nowhere on the disk")
	}
}

// A card's number has 128 bits and notices a slip.
func TestCardNumbers(t *testing.T) {
	all := [16]byte{}
	require.Equal(t, "0000000000000000000000000000000000000000", engine.CardNumber(all))
	for i := range all {
		all[i] = 0xff
	}
	number := engine.CardNumber(all)
	require.Equal(t, "340282366920938463463374607431768211455", number[:39])
	read, ok := engine.ReadCardNumber((&engine.Card{Number: number}).Shown())
	require.True(t, ok)
	require.Equal(t, number, read)
	for i := range number {
		for d := byte('0'); d <= '9'; d++ {
			if d != number[i] {
				_, ok := engine.ReadCardNumber(number[:i] + string(d) + number[i+1:])
				require.False(t, ok)
			}
		}
	}
	for _, text := range []string{"", "1", number + "0", number[1:], strings.Repeat("٣", 20), "+" + number[1:]} {
		_, ok := engine.ReadCardNumber(text)
		require.False(t, ok, text)
	}
}

// Who is merged into another brings the cards: each of them finds the one who is left, and all of them end together.
func TestCardsMoveWithTheirMember(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
rules: {stars: {when: visit, give: {stars: 10}}}
`)
	w.send("ann", "visit")
	w.send("bob", "visit")
	w.accept(w.dated(engine.NewCard("i1", "ann", cardNumber(1))))
	w.accept(w.dated(engine.NewCard("i2", "bob", cardNumber(2))))
	w.accept(w.dated(engine.NewCardRotation("r1", "bob", cardNumber(3))))
	w.accept(w.dated(engine.NewMerge("m1", "ann", "bob")))
	for _, checkpoint := range []bool{false, true} {
		require.Equal(t, "1 active, 2 replaced, 3 active", w.cardsOf("ann"))
		require.Empty(t, w.cardsOf("bob"))
		w.restart(checkpoint)
	}
	w.refused(engine.CodeMerged, w.dated(engine.NewCardRotation("r2", "bob", cardNumber(4))))
	w.accept(w.dated(engine.NewCardRotation("r3", "ann", cardNumber(5))))
	require.Equal(t, "1 replaced, 2 replaced, 3 replaced, 5 active", w.cardsOf("ann"))
	w.accept(w.dated(engine.NewErasure("ann")))
	require.Empty(t, w.cardsOf("ann"))
	w.redact(4)
	for n := byte(1); n <= 5; n++ {
		require.Empty(t, w.found(cardNumber(n)))
	}
}
