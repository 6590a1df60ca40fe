package challenges_test

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// earned is a metric of points by instant, in a calendar year or a rolling time.
type earned struct {
	cal    calendar.Calendar
	yearly bool
	last   calendar.Duration
	at     []calendar.Instant
	points []int64
	// stepwise lets a fall be found step by step.
	stepwise bool
}

func (e *earned) Metric(_ int, at calendar.Instant) decimal.Decimal {
	var sum int64
	for i := range e.at {
		inYear := !e.yearly || e.cal.Key(calendar.Year, e.at[i]) == e.cal.Key(calendar.Year, at)
		rolling := e.last.IsZero() || e.at[i] >= e.cal.WindowStart(at, e.last) && e.at[i] <= at
		if inYear && rolling {
			sum += e.points[i]
		}
	}
	return points(sum)
}

func (e *earned) Falls(after calendar.Instant) calendar.Instant {
	switch {
	case e.yearly:
		return e.cal.EndOf(calendar.Year, false, after)
	case !e.last.IsZero():
		for day := e.cal.Zone.Date(after).AddDays(1); ; day = day.AddDays(1) {
			start := e.cal.Zone.Start(day)
			if e.Metric(0, start) < e.Metric(0, after) {
				return start
			}
			if e.Metric(0, start) == 0 {
				return calendar.Forever
			}
		}
	}
	return calendar.Forever
}

func (e *earned) OnlyFalls(after calendar.Instant) bool {
	return !e.stepwise && !e.yearly && !e.last.IsZero() && len(e.at) > 0 && e.at[len(e.at)-1] <= after
}

func (e *earned) Periodic() bool { return e.yearly }

func (e *earned) Turned(since, at calendar.Instant) bool {
	return e.yearly && e.cal.Key(calendar.Year, since) != e.cal.Key(calendar.Year, at)
}

func (e *earned) Since(_ int, came decimal.Decimal, since, at calendar.Instant) decimal.Decimal {
	switch {
	case e.last.IsZero():
		return 0
	case e.cal.WindowStart(at, e.last) > since:
		return e.Metric(0, at)
	}
	return came
}

// member is a member on a ladder of bronze 0, silver 500, gold 1000.
type member struct {
	t      *testing.T
	ladder challenges.Ladder
	metric earned
	state  challenges.TierState
}

func climber(t *testing.T, zone string, ladder challenges.Ladder) *member {
	for _, level := range []struct {
		name string
		at   int64
	}{{"bronze", 0}, {"silver", 500}, {"gold", 1000}} {
		ladder.Levels = append(ladder.Levels, challenges.Rung{Name: level.name, All: []challenges.Need{{At: points(level.at)}}})
	}
	m := &member{t: t, ladder: ladder, metric: earned{cal: in(t, zone)},
		state: challenges.NewTierState(0)}
	m.ladder.Rise(m.metric.cal, &m.state, &m.metric, 1, nil)
	return m
}

func (m *member) earns(at string, n int64) *member {
	when := instant(m.t, at)
	m.ladder.Settle(m.metric.cal, &m.state, &m.metric, when-1, nil)
	m.metric.at, m.metric.points = append(m.metric.at, when), append(m.metric.points, n)
	m.state.Gain(0, points(n), when)
	m.ladder.Rise(m.metric.cal, &m.state, &m.metric, when, nil)
	return m
}

// level is the level at an instant, falls by time included.
func (m *member) level(at string) string {
	state := m.state.Clone()
	m.ladder.Settle(m.metric.cal, &state, &m.metric, instant(m.t, at), nil)
	return m.ladder.Levels[state.Level].Name
}

func (m *member) fallsAt() string {
	return m.ladder.NextFall(m.metric.cal, &m.state, &m.metric).String()
}

func duration(t *testing.T, phrase string) calendar.Duration {
	t.Helper()
	d, err := calendar.ParseDuration(phrase)
	require.NoError(t, err)
	return d
}

func TestUpIsImmediateAndMayTakeSeveralSteps(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{})
	require.Equal(t, "bronze", m.level("2026-01-01T00:00:00Z"))
	m.metric.at, m.metric.points = []calendar.Instant{instant(t, "2026-01-02T00:00:00Z")}, []int64{1000}
	changes := m.ladder.Rise(m.metric.cal, &m.state, &m.metric, instant(t, "2026-01-02T00:00:00Z"), nil)
	require.Equal(t, [][2]int{{0, 1}, {1, 2}}, [][2]int{{changes[0].From, changes[0].To}, {changes[1].From, changes[1].To}})
	require.Equal(t, "gold", m.level("2026-01-02T00:00:00Z"))
}

func TestWhatIsMetForEverIsNeverLost(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{}).earns("2026-01-02T00:00:00Z", 600)
	require.Equal(t, "silver", m.level("2099-01-01T00:00:00Z"))
	require.Equal(t, "forever", m.fallsAt())
}

func TestTIE03_TheLocalYearQualifies(t *testing.T) {
	m := climber(t, "America/New_York", challenges.Ladder{})
	m.metric.yearly = true
	m.earns("2027-01-01T04:30:00Z", 1000)
	require.Equal(t, points(1000), m.metric.Metric(0, instant(t, "2027-01-01T04:30:00Z")), "it counts for 2026")
	require.Zero(t, m.metric.Metric(0, instant(t, "2027-01-01T05:00:00Z")))
}

func TestTIE04_ALevelOfAYearIsKeptToTheEndOfTheNext(t *testing.T) {
	keep := challenges.Ladder{Keep: challenges.Keep{EndOf: calendar.Year, Next: true}, OneLevel: true}
	m := climber(t, "America/New_York", keep)
	m.metric.yearly = true
	m.earns("2026-12-31T20:00:00Z", 1000)
	require.Equal(t, "gold", m.level("2028-01-01T04:59:59Z"), "to the end of 31 December 2027, local")
	require.Equal(t, "silver", m.level("2028-01-01T05:00:00Z"))
}

func TestTIE06_AfterTheGraceOneLevelIsLost(t *testing.T) {
	// Valid to the end of March 2027, then thirty local days of grace.
	m := climber(t, "Europe/Berlin", challenges.Ladder{Keep: challenges.Keep{EndOf: calendar.Quarter, Next: true}, OneLevel: true,
		Grace: challenges.Keep{For: duration(t, "30 days")}})
	m.metric.last = duration(t, "30 days")
	m.earns("2026-12-10T10:00:00Z", 1000)
	require.Equal(t, "gold", m.level("2027-04-30T21:59:59Z"))
	require.Equal(t, "silver", m.level("2027-04-30T22:00:00Z"))
}

func TestWithTheSoftLandingEachLowerLevelIsKeptAnew(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{OneLevel: true, Keep: challenges.Keep{For: duration(t, "10 days")}})
	m.metric.last = duration(t, "5 days")
	m.earns("2026-01-01T12:00:00Z", 1000)
	require.Equal(t, "gold", m.level("2026-01-11T23:59:59Z"))
	require.Equal(t, "silver", m.level("2026-01-12T00:00:00Z"))
	require.Equal(t, "silver", m.level("2026-01-22T23:59:59Z"))
	require.Equal(t, "bronze", m.level("2026-01-23T00:00:00Z"))
}

func TestAFallIsToWhatIsMetWhereNothingElseIsKept(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{})
	m.metric.last = duration(t, "5 days")
	m.earns("2026-01-01T12:00:00Z", 1000)
	require.Equal(t, "gold", m.level("2026-01-05T23:59:59Z"), "five whole local days, today included")
	require.Equal(t, "bronze", m.level("2026-01-06T00:00:00Z"))
}

func TestALevelThatIsMetAgainInItsGraceIsKept(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{Grace: challenges.Keep{For: duration(t, "10 days")}})
	m.metric.last = duration(t, "5 days")
	m.earns("2026-01-01T12:00:00Z", 500)
	require.Equal(t, "silver", m.level("2026-01-15T23:59:59Z"))
	m.earns("2026-01-10T12:00:00Z", 500)
	require.Equal(t, "silver", m.level("2026-01-24T23:59:59Z"))
	require.Equal(t, "bronze", m.level("2026-01-25T00:00:00Z"))
}

func TestARollingWindowIsSettledInAnySteps(t *testing.T) {
	once := climber(t, "Europe/Berlin", challenges.Ladder{Grace: challenges.Keep{For: duration(t, "3 days")}})
	once.metric.last = duration(t, "5 days")
	once.earns("2026-03-25T12:00:00Z", 700).earns("2026-03-27T12:00:00Z", 400)
	often := *once
	often.state = once.state.Clone()
	for day := range 30 {
		often.ladder.Settle(often.metric.cal, &often.state, &often.metric, instant(t, "2026-03-27T13:00:00Z").Add(time.Duration(day)*24*time.Hour), nil)
	}
	once.ladder.Settle(once.metric.cal, &once.state, &once.metric, often.state.Settled, nil)
	require.Equal(t, once.state, often.state)
	require.Zero(t, once.state.Level)
}

func TestALevelThatAsksForNothingIsNotLost(t *testing.T) {
	m := climber(t, "UTC", challenges.Ladder{Grace: challenges.Keep{For: duration(t, "3 days")}})
	require.Equal(t, "forever", m.fallsAt())
}

func TestAllAndAny(t *testing.T) {
	both := fixed{3, 0}
	ladder := challenges.Ladder{Levels: []challenges.Rung{
		{Name: "basic"},
		{Name: "silver", Any: []challenges.Need{{Metric: 0, At: points(3)}, {Metric: 1, At: points(3)}}},
		{Name: "gold", All: []challenges.Need{{Metric: 0, At: points(3)}, {Metric: 1, At: points(3)}}},
	}}
	state, cal := challenges.NewTierState(0), in(t, "UTC")
	ladder.Rise(cal, &state, both, 1, nil)
	require.Equal(t, 1, state.Level)
	ladder.Rise(cal, &state, fixed{3, 3}, 1, nil)
	require.Equal(t, 2, state.Level)
}

// fixed are metrics that never change.
type fixed []int64

func (fixed) OnlyFalls(calendar.Instant) bool { return false }

func (fixed) Periodic() bool { return false }

func (fixed) Since(int, decimal.Decimal, calendar.Instant, calendar.Instant) decimal.Decimal {
	return 0
}

func (fixed) Turned(calendar.Instant, calendar.Instant) bool { return false }

func (f fixed) Metric(i int, _ calendar.Instant) decimal.Decimal { return points(f[i]) }
func (fixed) Falls(calendar.Instant) calendar.Instant            { return calendar.Forever }

// A fall that is found in few steps is the one that is found day by day.
func TestAFallIsFoundInFewStepsAsDayByDay(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for range 60 {
		m := climber(t, []string{"UTC", "America/New_York"}[r.Intn(2)], challenges.Ladder{})
		m.metric.last = duration(t, []string{"30 days", "12 months", "3 days"}[r.Intn(3)])
		at := instant(t, "2026-02-01T10:00:00Z")
		for range 1 + r.Intn(40) {
			at = at.Add(time.Duration(r.Intn(200)) * time.Hour)
			m.earns(at.String(), int64(r.Intn(300)))
			m.metric.stepwise = false
			few := m.ladder.FallsAt(m.metric.cal, &m.state, &m.metric)
			m.metric.stepwise = true
			require.Equal(t, m.ladder.FallsAt(m.metric.cal, &m.state, &m.metric).String(), few.String())
		}
	}
}
