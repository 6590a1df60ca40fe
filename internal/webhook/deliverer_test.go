package webhook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
)

const one, two = "https://one.example/hook", "https://two.example/hook"

func TestDelivered(t *testing.T) {
	w := newWorld(t)
	w.joins(1) // before there was an endpoint
	w.endpoint(one)
	w.endpoint(two, "badge_earned")
	w.joins(2)
	w.deliver()
	body := `{"type":"%s","timestamp":"2026-05-01T12:00:00Z","data":{"member":"%s","number":%d,"event":"%s"%s}}`
	badges := []string{fmt.Sprintf(body, "badge_earned", "m2", 2, "e2", `,"badge":"first","level":""`),
		fmt.Sprintf(body, "badge_earned", "m3", 2, "e3", `,"badge":"first","level":""`)}
	require.ElementsMatch(t, append([]string{fmt.Sprintf(body, "joined", "m2", 1, "e2", ""), fmt.Sprintf(body, "joined", "m3", 1, "e3", "")}, badges...),
		w.out.bodies(one))
	require.ElementsMatch(t, badges, w.out.bodies(two))
	w.restart()
	w.deliver()
	require.Equal(t, 4, len(w.out.bodies(one)), "what was delivered is not sent again")
}

func TestMessagesOfAMemberComeInOrder(t *testing.T) {
	w := newWorld(t)
	w.endpoint(one)
	w.joins(500)
	w.deliver()
	last := map[string]string{}
	for _, body := range w.out.bodies(one) {
		_, member, _ := strings.Cut(body, `"member":"`)
		member, _, _ = strings.Cut(member, `"`)
		if strings.Contains(body, "badge_earned") {
			require.Equal(t, "joined", last[member], "as long as everything arrives")
		}
		last[member] = "joined"
	}
	require.Equal(t, 1000, len(w.out.bodies(one)))
}

func TestRetriesUntilDead(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(500))
	w.joins(1)
	w.deliver()
	waiting := w.list(e, w.d.Waiting)
	require.Len(t, waiting, 1)
	require.Equal(t, 1, waiting[0].Tries)
	require.Equal(t, 500, waiting[0].Result.Status)
	id := waiting[0].Message.ID()

	var gaps []time.Duration
	start := w.clock.Now()
	for len(w.list(e, w.d.Waiting)) > 0 {
		next := w.list(e, w.d.Waiting)[0].Next
		gaps = append(gaps, next.Time().Sub(w.clock.time()))
		w.clock.now.Store(int64(next) - 1)
		tries := w.out.tries[id]
		w.deliver()
		require.Equal(t, tries, w.out.tries[id], "not before it is due")
		w.clock.now.Store(int64(next))
		w.deliver()
		require.Equal(t, tries+1, w.out.tries[id])
	}
	for i, want := range []time.Duration{5 * time.Second, 20 * time.Second, 80 * time.Second, 320 * time.Second} {
		require.InDelta(t, want.Seconds(), gaps[i].Seconds(), want.Seconds()/5, "try %d", i+1)
	}
	took := w.clock.time().Sub(start.Time())
	require.LessOrEqual(t, took, webhook.GiveUp)
	require.Greater(t, took, webhook.GiveUp-8*time.Hour, "three days, up to the last delay")
	dead := w.list(e, w.d.Dead)
	require.Len(t, dead, 1)
	require.Equal(t, id, dead[0].Message.ID())
	require.Zero(t, dead[0].Next)
	require.Equal(t, webhook.Status{Dead: 1}, w.status(e))

	w.out.answers(one, nil)
	require.ErrorIs(t, w.d.Resend(e, "99-0"), webhook.ErrNoDelivery)
	require.ErrorIs(t, w.d.Resend(e, "nonsense"), webhook.ErrNoDelivery)
	require.NoError(t, w.d.Resend(e, dead[0].ID))
	w.deliver()
	require.Equal(t, 1, len(w.out.bodies(one)))
	require.Empty(t, w.list(e, w.d.Dead))
	require.Zero(t, w.status(e).Waiting)
}

func TestABadMessageHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, func(_, body string) webhook.Result {
		if strings.Contains(body, `"m7"`) {
			return webhook.Result{Status: 422}
		}
		return webhook.Result{Status: 204}
	})
	w.joins(300)
	w.deliver()
	require.Equal(t, 299, len(w.out.bodies(one)))
	require.Equal(t, 1, w.status(e).Waiting)
	require.False(t, w.status(e).Down)
	w.pass(webhook.GiveUp+12*time.Hour, time.Hour)
	require.Equal(t, 1, w.status(e).Dead)
	n, err := w.d.ResendAll(e)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	w.out.answers(one, nil)
	w.deliver()
	require.Equal(t, 300, len(w.out.bodies(one)))
}

func TestABadMessageDoesNotBringAnEndpointDown(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(422))
	w.joins(1)
	w.deliver()
	w.out.answers(one, func(_, body string) webhook.Result {
		if strings.Contains(body, `"m1"`) {
			return webhook.Result{Status: 422}
		}
		return webhook.Result{Status: 200}
	})
	w.pass(48*time.Hour, time.Hour) // tried again and again, with nothing else to send
	require.False(t, w.status(e).Down)
	w.joins(1)
	w.deliver()
	require.Equal(t, 1, len(w.out.bodies(one)), "the next one is sent at once")
}

func TestADeadEndpointOnlyWaits(t *testing.T) {
	w := newWorld(t)
	down, up := w.endpoint(one, "joined"), w.endpoint(two, "joined")
	w.out.answers(one, status(0))
	w.joins(1000)
	w.deliver()
	require.Equal(t, 1000, len(w.out.bodies(two)))
	s := w.status(down)
	require.True(t, s.Down)
	require.Less(t, s.Waiting, 200, "nothing new is sent but a probe")
	require.NotZero(t, s.Behind)
	tried := len(w.out.tries)
	w.pass(time.Hour, time.Minute)
	require.Less(t, len(w.out.tries)-tried, 100, "it is probed now and then")
	require.Zero(t, w.status(up).Behind)

	w.restart()
	w.out.answers(one, nil)
	w.pass(15*time.Minute, time.Minute)
	require.Equal(t, 1000, len(w.out.bodies(one)), "what it missed is sent at once when it is back")
	require.Equal(t, 0, w.status(down).Waiting)
	require.False(t, w.status(down).Down)
}

func TestGone(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(410))
	w.joins(3)
	w.deliver()
	e, err := w.d.Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, webhook.Gone, e.Disabled)
	tries := len(w.out.tries)
	w.joins(3)
	w.pass(time.Hour, time.Minute)
	require.Len(t, w.out.tries, tries, "it is not asked again")
	w.restart()

	w.out.answers(one, nil)
	yes := true
	_, err = w.d.Change(e.ID, webhook.Change{Enabled: &yes})
	require.NoError(t, err)
	w.pass(time.Hour, time.Minute)
	require.Equal(t, 6, len(w.out.bodies(one)), "enabled again, it gets what it has missed")
}

func TestRetryAfter(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, func(string, string) webhook.Result { return webhook.Result{Status: 429, RetryAfter: 10 * time.Minute} })
	w.joins(1)
	w.deliver()
	require.Equal(t, w.clock.Now().Add(10*time.Minute), w.list(e, w.d.Waiting)[0].Next)
}

func TestRemoved(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(500))
	w.joins(3)
	w.deliver()
	require.NoError(t, w.d.Remove(e.ID, nil))
	require.ErrorIs(t, w.d.Remove(e.ID, nil), webhook.ErrUnknown)
	require.Empty(t, rows(t, w.program.Store()))
	tries := len(w.out.tries)
	w.pass(time.Hour, time.Minute)
	require.Len(t, w.out.tries, tries)
}

// rows are the keys of all rows of endpoints.
func rows(t *testing.T, store engine.Store) (keys []string) {
	t.Helper()
	require.NoError(t, store.Scan("h/", "", func(key string, _ []byte) bool { keys = append(keys, key); return true }))
	return keys
}

func TestErased(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(500))
	w.joins(3)
	w.deliver()
	require.Len(t, w.list(e, w.d.Waiting), 3)
	erase := func(member string) {
		t.Helper()
		_, err := w.program.Submit(engine.NewErasure(member))
		require.NoError(t, err)
	}
	erase("m1")
	require.Len(t, w.list(e, w.d.Waiting), 2, "at once")
	_, err := w.program.Redact(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.d.Sweep())
	require.Len(t, slices.DeleteFunc(rows(t, w.program.Store()), func(key string) bool { return !strings.HasPrefix(key, "h/w/") }), 2)
	require.Equal(t, 2, w.status(e).Waiting)

	w.pass(webhook.GiveUp+12*time.Hour, time.Hour)
	require.Len(t, w.list(e, w.d.Dead), 2)
	erase("m2")
	require.NoError(t, w.d.Sweep())
	require.Equal(t, 1, w.status(e).Dead)

	w.joins(1) // m4, erased before anything was sent
	erase("m4")
	w.out.answers(one, nil)
	_, err = w.d.ResendAll(e)
	require.NoError(t, err)
	w.pass(time.Hour, time.Minute)
	require.Equal(t, 1, len(w.out.bodies(one)))
	require.Contains(t, w.out.bodies(one)[0], `"m3"`)
}

func TestMoreWaitThanMay(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	accepted := 0
	w.out.answers(one, func(string, string) webhook.Result { // takes a few, so that it does not count as down
		if accepted++; accepted%8 == 0 {
			return webhook.Result{Status: 200}
		}
		return webhook.Result{Status: 500}
	})
	for range 24 {
		w.joins(500)
	}
	w.deliver()
	s := w.status(e)
	require.LessOrEqual(t, s.Waiting, 10_064)
	require.Greater(t, s.Waiting, 9_900)
	require.NotZero(t, s.Behind, "the rest stays in the journal")
	w.out.answers(one, nil)
	w.pass(24*time.Hour, time.Hour)
	require.Equal(t, 12_000, len(w.out.bodies(one)))
}

// A dead message is resent once, however many ask for it at the same moment.
func TestResentOnce(t *testing.T) {
	w := newWorld(t)
	e := w.endpoint(one, "joined")
	w.out.answers(one, status(500))
	w.joins(1)
	w.deliver()
	for len(w.list(e, w.d.Dead)) == 0 {
		w.pass(6*time.Hour, 6*time.Hour)
	}
	id := w.list(e, w.d.Dead)[0].ID
	const askers = 8
	results := make(chan error, askers)
	for range askers {
		go func() { results <- w.d.Resend(e, id) }()
	}
	resent := 0
	for range askers {
		if err := <-results; err == nil {
			resent++
		} else {
			require.ErrorIs(t, err, webhook.ErrNoDelivery)
		}
	}
	require.Equal(t, 1, resent)
	require.Equal(t, 1, w.status(e).Waiting)
	require.Zero(t, w.status(e).Dead)
}

// What operators see of all endpoints: those that are disabled are left alone, but for what can be resent.
func TestAll(t *testing.T) {
	w := newWorld(t)
	up, down := w.endpoint(one, "joined"), w.endpoint(two, "joined")
	w.out.answers(two, status(0))
	all := func() webhook.All {
		a, err := w.d.All()
		require.NoError(t, err)
		return a
	}
	require.Zero(t, all())
	for range 40 {
		w.joins(1)
		w.deliver()
	}
	want := webhook.All{Behind: w.status(down).Behind, Waiting: w.status(down).Waiting, Down: 1}
	require.Positive(t, want.Behind)
	require.Positive(t, want.Waiting)
	require.Zero(t, w.status(up).Behind)
	require.Equal(t, want, all())
	for len(w.list(down, w.d.Dead)) == 0 {
		w.pass(6*time.Hour, 6*time.Hour)
	}
	enabled := false
	_, err := w.d.Change(down.ID, webhook.Change{Enabled: &enabled})
	require.NoError(t, err)
	require.Equal(t, webhook.All{Dead: w.status(down).Dead}, all())
}

// What is told to listeners only is told while any endpoint of the program takes it.
func TestSomebodyWants(t *testing.T) {
	endpoints, err := webhook.NewEndpoints(&settings.Memory{}, webhook.Guard{}, time.Now)
	require.NoError(t, err)
	require.False(t, endpoints.Wants("club", "points_given"))
	d := webhook.NewDeliverer("club", nowhere{}, endpoints, nil, nil)
	url, types := "https://example.com/", []string{"joined"}
	_, _, err = d.Create(webhook.Change{URL: &url, Types: &types})
	require.NoError(t, err)
	require.False(t, endpoints.Wants("club", "points_given"))
	require.True(t, endpoints.Wants("club", "joined"))
	require.False(t, endpoints.Wants("shop", "joined"))
	_, _, err = d.Create(webhook.Change{URL: &url})
	require.NoError(t, err)
	require.True(t, endpoints.Wants("club", "points_given"))
}

// nowhere is a program of which nothing is asked but how far it has come.
type nowhere struct{ webhook.Program }

func (nowhere) Durable() uint64 { return 0 }
