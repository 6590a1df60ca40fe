package engine

import (
	"errors"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// ErrTooFarBack is the error of a past ranking behind which more events lie than may be looked at.
var ErrTooFarBack = errors.New("more events have come since than are looked at")

// ScoresAt tells what scores of a ranking of members were when everything accepted up to an instant had been applied, for those whose
// scores have changed since: nil is none. A ranking is its present scores with these in their place; read the present ones first. Members
// who were erased since are not among them. starts is when the season does. The error is ErrTooFarBack where more than so many events
// would have to be looked at.
func ScoresAt(store Store, key leaderboards.Key, starts, at calendar.Instant, most int) (map[string]*leaderboards.Score, error) {
	past := map[string]*leaderboards.Score{}
	looked := 0
	var tooFar error
	look := func() bool {
		if looked++; looked > most {
			tooFar = ErrTooFarBack
		}
		return tooFar == nil
	}
	err := JournalBack(store, 0, func(rec *Record) bool {
		if !rec.Event.Past && rec.Event.Arrived <= at || !look() {
			return false
		}
		if knownAt(&rec.Event, at) {
			return true // it was imported since
		}
		for i := range rec.Outcome.Scores {
			if s := &rec.Outcome.Scores[i]; s.of(key) {
				past[s.Score.Member] = nil
			}
		}
		return true
	})
	if err = errors.Join(err, tooFar); err != nil {
		return nil, err
	}
	for member := range past {
		err := EventsBack(store, member, 0, func(rec *Record) bool {
			if !rec.Event.Past && rec.Event.Arrived.Add(MaxAhead) < starts || !look() {
				return false
			}
			if !knownAt(&rec.Event, at) {
				return true
			}
			for i := range rec.Outcome.Scores {
				if s := &rec.Outcome.Scores[i]; s.of(key) && s.Score.Member == member {
					if !s.Score.Removed {
						past[member] = &s.Score
					}
					return false
				}
			}
			return true
		})
		if err = errors.Join(err, tooFar); err != nil {
			return nil, err
		}
	}
	return past, nil
}

// knownAt reports whether an event counted at an instant: what is imported counts from its own time on.
func knownAt(e *event.Event, at calendar.Instant) bool {
	if e.Past {
		return e.Time <= at
	}
	return e.Arrived <= at
}

// of reports whether a score is of a ranking. Records do not name their program.
func (s *ScoreChange) of(key leaderboards.Key) bool {
	return s.Key.Board == key.Board && s.Key.Season == key.Season && s.Key.Split == key.Split
}
