package document

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatAPhraseWasMeantToBe(t *testing.T) {
	for _, c := range []struct {
		phrase      *Phrase
		text, meant string
	}{
		{Expiry, "12 months", "12 months after earning"},
		{Expiry, "6 months after purchase", "6 months after last purchase"},
		{Expiry, "whenever", ""},
		{Limit, "once", "1 ever"},
		{Limit, "once per day", "1 per day"},
		{Limit, "once per event.order_id", "1 ever by member and event.order_id"},
		{Limit, "5 per event.film", "5 ever by member and event.film"},
		{Limit, "5 per member.team", "5 ever by member.team"},
		{Limit, "1 ever per event.film", "1 ever by member and event.film"},
		{Limit, "1 by event.film", "1 ever by member and event.film"},
		{Limit, "1 by member", "1 ever"},
		{Limit, "1 per member", "1 ever"},
		{Limit, "1 per member and event.film", "1 ever by member and event.film"},
		{Limit, "once per member and event.film", "1 ever by member and event.film"},
		{Limit, "20 xp per day by [member, event.film]", "20 xp per day by member and event.film"},
		{Limit, "1 ever by [event.film]", "1 ever by event.film"},
		{Limit, "1 ever by member & event.film", "1 ever by member and event.film"},
		{Limit, "1 ever by member per event.film", "1 ever by member and event.film"},
		{Limit, "1 ever by member event.film", "1 ever by member and event.film"},
		{Limit, "1 per day by member and", "1 per day by member"},
		{Limit, "1 per day for each event.film", "1 per day by member and event.film"},
		{Limit, "3x per month", "3 per month"},
		{Limit, "1 per booking", ""},
		{Window, "2026-12-01 - 2026-12-07", "2026-12-01 to 2026-12-07"},
		{Window, "2026-12-24", "2026-12-24 to 2026-12-24"},
		{Hours, "14-16", "14:00-16:00"},
		{Hours, "14:00 to 16:00", "14:00-16:00"},
		{Period, "1 week", "week"},
		{Duration, "30d", "30 days"},
		{Duration, "90 min", "90 minutes"},
		{Duration, "1 mon", "1 months"},
		{Duration, "soon", ""},
		{Allowance, "once a month", "1 per month"},
		{ID, "Nova Cinema", "nova_cinema"},
		{ID, "2026", ""},
		{Boolean, "yes", ""},
	} {
		require.False(t, c.phrase.Matches(c.text), c.text)
		require.Equal(t, c.meant, c.phrase.meant(c.text), c.text)
	}
}
