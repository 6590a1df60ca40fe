package challenges_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
)

func in(t *testing.T, zone string) calendar.Calendar {
	t.Helper()
	z, err := calendar.LoadZone(zone)
	require.NoError(t, err)
	return calendar.Calendar{Zone: z, WeekStart: time.Monday}
}

func instant(t *testing.T, s string) calendar.Instant {
	t.Helper()
	i, err := calendar.ParseInstant(s)
	require.NoError(t, err)
	return i
}

// run is a streak in a calendar with the periods that were qualified so far.
type run struct {
	t   *testing.T
	s   challenges.Streak
	cal calendar.Calendar
	challenges.History
}

func streak(t *testing.T, zone string, every calendar.Period) *run {
	return &run{t: t, s: challenges.Streak{Every: every, AtLeast: points(1)}, cal: in(t, zone)}
}

func (r *run) with(change func(*challenges.Streak)) *run {
	change(&r.s)
	return r
}

// on qualifies the periods of some instants or dates.
func (r *run) on(moments ...string) *run {
	r.t.Helper()
	for _, m := range moments {
		key := calendar.Key(0)
		if len(m) == len("2026-06-01") {
			date, err := calendar.ParseDate(m)
			require.NoError(r.t, err)
			key = r.cal.KeyOfDate(r.s.Every, date)
		} else {
			key = r.cal.Key(r.s.Every, instant(r.t, m))
		}
		r.Spans, _ = challenges.Qualify(r.Spans, key)
	}
	return r
}

func (r *run) at(moment string) challenges.Standing {
	r.t.Helper()
	return r.s.At(r.cal, &r.History, instant(r.t, moment))
}

// stands requires a state, a length and the longest run.
func (r *run) stands(moment string, state challenges.StreakState, length, longest int) {
	r.t.Helper()
	st := r.at(moment)
	require.Equal(r.t, []any{state, length, longest}, []any{st.State, st.Length, st.Longest}, "at %s", moment)
}

func TestPeriodsJoinIntoSpans(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for range 300 {
		var spans []challenges.Span
		qualified := map[calendar.Key]bool{}
		for range 30 {
			k := calendar.Key(r.Intn(40))
			var isNew bool
			spans, isNew = challenges.Qualify(spans, k)
			require.Equal(t, !qualified[k], isNew)
			qualified[k] = true
		}
		n := 0
		for i, s := range spans {
			require.LessOrEqual(t, s.First, s.Last)
			require.True(t, i == 0 || spans[i-1].Last+1 < s.First, "spans ascend and are not adjacent: %v", spans)
			for k := s.First; k <= s.Last; k++ {
				require.True(t, qualified[k])
				n++
			}
		}
		require.Len(t, qualified, n)
	}
}

func TestSTR02_ADayWithoutEventEndsTheStreak(t *testing.T) {
	streak(t, "Europe/Berlin", calendar.Day).on("2026-06-01", "2026-06-02", "2026-06-04").
		stands("2026-06-04T09:00:00Z", challenges.StreakActive, 1, 2)
}

func TestSTR03_AStreakIsAliveDuringTheWholeFollowingLocalDay(t *testing.T) {
	s := streak(t, "Europe/Berlin", calendar.Day).on("2026-06-01", "2026-06-02")
	s.stands("2026-06-03T21:59:59Z", challenges.StreakAtRisk, 2, 2)
	s.stands("2026-06-03T22:00:00Z", challenges.StreakBroken, 0, 2)
}

func TestSTR04_SeveralEventsOfADayCountOnce(t *testing.T) {
	streak(t, "Europe/Berlin", calendar.Day).on("2026-06-01T06:00:00Z", "2026-06-01T12:00:00Z", "2026-06-01T21:59:59Z", "2026-06-02T06:00:00Z").
		stands("2026-06-02T07:00:00Z", challenges.StreakActive, 2, 2)
}

func TestSTR05_LocalMidnightDecides(t *testing.T) {
	streak(t, "America/New_York", calendar.Day).on("2026-05-02T03:30:00Z", "2026-05-02T04:10:00Z").
		stands("2026-05-02T05:00:00Z", challenges.StreakActive, 2, 2)
}

func TestSTR08_ALeapDayIsADay(t *testing.T) {
	streak(t, "Europe/Berlin", calendar.Day).on("2028-02-28", "2028-02-29", "2028-03-01").
		stands("2028-03-01T11:00:00Z", challenges.StreakActive, 3, 3)
}

func TestSTR11_TheWeekOfNewYearIsOneWeek(t *testing.T) {
	streak(t, "UTC", calendar.Week).on("2026-12-30", "2027-01-01").stands("2027-01-01T11:00:00Z", challenges.StreakActive, 1, 1)
}

func TestSTR14_ThreeMonthsInARowLiveThroughTheFourth(t *testing.T) {
	s := streak(t, "UTC", calendar.Month).on("2026-01-31", "2026-02-28", "2026-03-01")
	s.stands("2026-04-30T23:59:59Z", challenges.StreakAtRisk, 3, 3)
	s.stands("2026-05-01T00:00:00Z", challenges.StreakBroken, 0, 3)
}

func onceAMonth(s *challenges.Streak) { s.Free, s.FreePer = 1, calendar.Month }

func TestSTR15_AFreezeBridgesAMissedDayThatDoesNotCount(t *testing.T) {
	s := streak(t, "Europe/Berlin", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-02", "2026-06-04")
	s.stands("2026-06-04T09:00:00Z", challenges.StreakActive, 3, 3)
	require.Equal(t, 1, s.at("2026-06-04T09:00:00Z").Frozen)
}

func TestSTR17_ALateEventGivesTheFreezeBack(t *testing.T) {
	s := streak(t, "Europe/Berlin", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-02", "2026-06-04")
	s.on("2026-06-03").stands("2026-06-04T13:00:00Z", challenges.StreakActive, 4, 4)
	require.Zero(t, s.at("2026-06-04T13:00:00Z").Frozen)
	s.stands("2026-06-06T12:00:00Z", challenges.StreakAtRisk, 4, 4)
	require.Equal(t, 1, s.at("2026-06-06T12:00:00Z").Frozen, "the freeze is used for the fifth now")
}

func TestSTR22_TheSameEventsInAnyOrderGiveTheSameStreak(t *testing.T) {
	s := streak(t, "Europe/Berlin", calendar.Day).on("2026-06-03", "2026-06-01", "2026-06-02")
	s.stands("2026-06-03T11:00:00Z", challenges.StreakActive, 3, 3)
}

func TestFreezesRenewEachMonthAndDoNotCarryOver(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-29", "2026-07-02")
	s.stands("2026-07-02T12:00:00Z", challenges.StreakActive, 2, 2) // 30 June is June's, 1 July is July's
	s.on("2026-07-04")
	s.stands("2026-07-04T12:00:00Z", challenges.StreakActive, 1, 2) // 3 July finds none left
	s.stands("2026-08-31T12:00:00Z", challenges.StreakBroken, 0, 2)
}

func TestAWeekUsesTheFreezeOfTheMonthOfItsLastDay(t *testing.T) {
	// The week from 29 June to 5 July ends in July; July's one freeze is gone with it.
	s := streak(t, "UTC", calendar.Week).with(onceAMonth).on("2026-06-22", "2026-07-06")
	s.stands("2026-07-06T12:00:00Z", challenges.StreakActive, 2, 2)
	s.on("2026-07-20").stands("2026-07-20T12:00:00Z", challenges.StreakActive, 1, 2)
}

func TestDaysThatDoNotTakePartNeitherCountNorBreak(t *testing.T) {
	workdays := func(s *challenges.Streak) { s.Days = [7]bool{false, true, true, true, true, true, false} }
	s := streak(t, "UTC", calendar.Day).with(workdays).on("2026-06-04", "2026-06-05") // Thursday, Friday
	s.stands("2026-06-07T12:00:00Z", challenges.StreakActive, 2, 2)
	require.Equal(t, "2026-06-08T00:00:00Z", s.at("2026-06-06T12:00:00Z").AtRiskAt.String())
	require.Equal(t, "2026-06-09T00:00:00Z", s.at("2026-06-06T12:00:00Z").BreaksAt.String())
	s.stands("2026-06-08T12:00:00Z", challenges.StreakAtRisk, 2, 2)
	s.on("2026-06-08").stands("2026-06-08T12:00:00Z", challenges.StreakActive, 3, 3)
	s.stands("2026-06-10T00:00:00Z", challenges.StreakBroken, 0, 3)
}

func TestWhenAStreakIsAtRiskAndWhenItBreaks(t *testing.T) {
	s := streak(t, "Europe/Berlin", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-02")
	st := s.at("2026-06-02T12:00:00Z")
	require.Equal(t, "2026-06-02T22:00:00Z", st.AtRiskAt.String())
	require.Equal(t, "2026-06-04T22:00:00Z", st.BreaksAt.String(), "one missed day is bridged")
	s.stands("2026-06-04T12:00:00Z", challenges.StreakAtRisk, 2, 2)
	require.Zero(t, s.at("2026-06-05T12:00:00Z").BreaksAt, "it does not run any more")
}

func TestABrokenStreakIsRepairableForAWhile(t *testing.T) {
	twoDays := func(s *challenges.Streak) { s.Repair = calendar.Duration{N: 48, Unit: calendar.Hour} }
	s := streak(t, "UTC", calendar.Day).with(twoDays).on("2026-06-01")
	s.stands("2026-06-03T00:00:00Z", challenges.StreakRepairable, 0, 1)
	s.stands("2026-06-04T23:59:59Z", challenges.StreakRepairable, 0, 1)
	s.stands("2026-06-05T00:00:00Z", challenges.StreakBroken, 0, 1)
}

func TestAStreakThatFreezesAlwaysBridgeNeverBreaks(t *testing.T) {
	for _, every := range []calendar.Period{calendar.Day, calendar.Week, calendar.Month} {
		s := streak(t, "UTC", every).with(func(s *challenges.Streak) { s.Free, s.FreePer = 31, calendar.Month }).on("2026-06-01")
		require.Equal(t, calendar.Forever, s.at("2026-06-01T12:00:00Z").BreaksAt)
		s.stands("2028-06-01T12:00:00Z", challenges.StreakAtRisk, 1, 1)
	}
}

func TestNoStreakYet(t *testing.T) {
	streak(t, "UTC", calendar.Day).stands("2026-06-01T12:00:00Z", challenges.StreakNone, 0, 0)
}

func TestTheLongestRunOutlivesItsPeriods(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).on("2026-06-01")
	s.Longest = 40
	require.Equal(t, 40, s.at("2026-06-01T12:00:00Z").Longest)
}

func TestInWhichPeriodARunReachedItsGoal(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-02", "2026-06-04", "2026-06-05", "2026-06-20")
	var runs []challenges.Run
	s.s.Runs(s.cal, &s.History, func(r challenges.Run) { runs = append(runs, r) })
	require.Len(t, runs, 2)
	require.Equal(t, 4, runs[0].Length)
	require.Equal(t, 1, runs[0].Frozen)
	in, ok := s.s.ReachedIn(s.cal, s.Spans, runs[0], 3)
	require.True(t, ok)
	require.Equal(t, "2026-06-04", calendar.Date(in).String())
	_, ok = s.s.ReachedIn(s.cal, s.Spans, runs[0], 5)
	require.False(t, ok)
}

func TestAStoredFreezeIsUsedAfterTheFreeOnes(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-02").bought("2026-05-20T12:00:00Z", "2026-06-04T23:59:59Z")
	s.stands("2026-06-05T12:00:00Z", challenges.StreakAtRisk, 2, 2) // the free one for the third, a stored one for the fourth
	require.Equal(t, 1, s.at("2026-06-05T12:00:00Z").Stored)
	require.Equal(t, "2026-06-07T00:00:00Z", s.at("2026-06-05T12:00:00Z").BreaksAt.String())
	require.Equal(t, 0, s.at("2026-06-06T00:00:00Z").Stored)
	s.on("2026-06-03").stands("2026-06-05T12:00:00Z", challenges.StreakAtRisk, 3, 3)
	require.Equal(t, 2, s.at("2026-06-05T12:00:00Z").Stored, "a late event gives one back")
}

func TestAFreezeBridgesNothingThatWasOverBeforeItWasBought(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).on("2026-06-01")
	s.bought("2026-06-03T00:00:00Z").stands("2026-06-03T12:00:00Z", challenges.StreakBroken, 0, 1)
	require.Equal(t, 1, s.at("2026-06-03T12:00:00Z").Stored)
	s.Bought[0]--
	s.stands("2026-06-03T12:00:00Z", challenges.StreakAtRisk, 1, 1)
}

func TestMissedPeriodsThatWereRepaired(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).on("2026-06-01", "2026-06-02")
	s.s.Repair = calendar.Duration{N: 3, Unit: calendar.Day}
	at := s.at("2026-06-05T12:00:00Z")
	require.Equal(t, challenges.StreakRepairable, at.State)
	require.Equal(t, "2026-06-07T00:00:00Z", at.MendableUntil.String(), "three whole days after that of the break")
	require.Equal(t, []string{"2026-06-03", "2026-06-04"}, []string{calendar.Date(at.Missed.First).String(), calendar.Date(at.Missed.Last).String()})
	s.on("2026-06-05").stands("2026-06-05T13:00:00Z", challenges.StreakActive, 1, 2)
	at = s.at("2026-06-05T13:00:00Z")
	require.Equal(t, "2026-06-04", calendar.Date(at.Missed.Last).String(), "what a new run has since qualified is not missed")
	s.Mended = append(s.Mended, at.Missed)
	s.stands("2026-06-05T13:00:00Z", challenges.StreakActive, 3, 3)
	require.Zero(t, s.at("2026-06-05T13:00:00Z").MendableUntil)
}

func TestForgottenPeriodsKeepTheirFreezes(t *testing.T) {
	s := streak(t, "UTC", calendar.Day).on("2026-06-01", "2026-06-03", "2026-06-10", "2026-06-12").
		bought("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z", "2026-05-04T00:00:00Z")
	before := s.at("2026-06-12T12:00:00Z")
	require.Equal(t, 0, before.Stored, "one for the second, two more until the run broke on the sixth, one for the eleventh")
	s.s.Forget(s.cal, &s.History, 2)
	require.Len(t, s.Spans, 2)
	after := s.at("2026-06-12T12:00:00Z")
	require.Equal(t, []int{before.Length, before.Longest, before.Stored}, []int{after.Length, after.Longest, after.Stored})
}

// bought buys freezes at instants.
func (r *run) bought(moments ...string) *run {
	r.t.Helper()
	for _, m := range moments {
		r.Bought = append(r.Bought, instant(r.t, m))
	}
	return r
}

// The incremental streak is the streak from scratch: a naive walk over a set of days agrees, whatever the order of arrival,
// and whatever was bought.
func TestStreaksAgreeWithANaiveWalk(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for round := range 1000 {
		s := streak(t, "UTC", calendar.Day).with(func(s *challenges.Streak) { s.Free, s.FreePer = r.Intn(3), calendar.Month })
		days := r.Perm(70)[:1+r.Intn(50)]
		start, _ := calendar.NewDate(2026, 1, 15)
		for _, d := range days {
			s.on(start.AddDays(d).String())
		}
		slices.Sort(days)
		n := naive{start: start, days: days, free: s.s.Free, bought: r.Perm(70)[:r.Intn(6)], mended: map[int]bool{}}
		slices.Sort(n.bought)
		for _, d := range n.bought {
			s.Bought = append(s.Bought, s.cal.Zone.Start(start.AddDays(d)).Add(12*time.Hour))
		}
		for range r.Intn(3) {
			first, long := r.Intn(70), r.Intn(4)
			s.Mended = append(s.Mended, challenges.Span{First: calendar.Key(start.AddDays(first)), Last: calendar.Key(start.AddDays(first + long))})
			for d := first; d <= first+long; d++ {
				n.mended[d] = true
			}
		}
		today := start.AddDays(days[len(days)-1] + r.Intn(5))
		st := s.s.At(s.cal, &s.History, s.cal.Zone.Start(today).Add(12*time.Hour))
		length, longest, stored := n.walk(today)
		require.Equal(t, []int{length, longest, stored}, []int{st.Length, st.Longest, st.Stored},
			fmt.Sprintf("seed %d, round %d, today %s: %+v", seed, round, today, n))
	}
}

// naive walks day by day: what was repaired costs nothing, then a freeze allowance a month, then the freezes bought by that
// day, spent on missed days while a run lives.
type naive struct {
	start        calendar.Date
	days, bought []int
	mended       map[int]bool
	free         int
}

func (n naive) walk(today calendar.Date) (length, longest, stored int) {
	left := map[string]int{}
	running := false
	bought := slices.Clone(n.bought)
	for d := n.start; d <= today; d = d.AddDays(1) {
		switch month, day := d.String()[:7], int(d-n.start); {
		case slices.Contains(n.days, day):
			running = true
			length++
			longest = max(longest, length)
		case !running || d == today || n.mended[day]:
		default:
			if _, known := left[month]; !known {
				left[month] = n.free
			}
			if left[month]--; left[month] >= 0 {
				continue
			}
			if len(bought) > 0 && bought[0] <= day {
				bought = bought[1:]
				continue
			}
			running, length = false, 0
		}
	}
	return length, longest, len(bought)
}

// What a streak remembers of the spans before changes no answer, in whatever order periods qualify.
func TestARememberedPastAnswersAsTheWhole(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	cal := calendar.Calendar{Zone: calendar.UTC}
	for round := range 60 {
		s := &challenges.Streak{Every: calendar.Day, Free: round % 3, FreePer: calendar.Month}
		remembers, h := &challenges.History{}, &challenges.History{}
		day := calendar.Key(20_000)
		for range 400 {
			var k calendar.Key
			switch r.Intn(12) {
			case 0:
				k = day - calendar.Key(r.Intn(400))
			default:
				day += calendar.Key(1 + r.Intn(3))
				k = day
			}
			change := challenges.Qualify
			if r.Intn(10) == 0 {
				change = challenges.Disqualify
			}
			var changed bool
			h.Spans, _ = change(h.Spans, k)
			if remembers.Spans, changed = change(remembers.Spans, k); changed {
				s.Remember(cal, remembers, k)
			}
			if r.Intn(100) == 0 {
				bought := cal.Start(calendar.Day, k)
				h.Bought, remembers.Bought = append(h.Bought, bought), append(remembers.Bought, bought)
			}
			if len(h.Spans) > 100 && r.Intn(20) == 0 {
				s.Forget(cal, h, 50)
				s.Forget(cal, remembers, 50)
			}
			now := cal.Start(calendar.Day, day+calendar.Key(r.Intn(3))) + 1
			require.Equal(t, s.At(cal, h, now), s.At(cal, remembers, now))
		}
	}
}
