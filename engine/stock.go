package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Claims use limits, stock and codes that others want as well. A claim's use ends with its hold, at that instant and
// whether or not anybody has written it down, unless it is confirmed before: so shared counts know when each ends.

// What the counts of a reward's stock and codes count.
const (
	takenOfStock = iota
	codesHandedOut
	codesThereAre
)

// used is what is used of a count that has no periods, open claims included.
func (u *Usage) used(limit uint64, now calendar.Instant) decimal.Decimal {
	sum := sumUses(u.Periods, limit, 0, 0)
	for _, h := range u.Held {
		if h.Until > now && h.Limit == limit && h.Key == 0 {
			sum += h.Used
		}
	}
	return sum
}

// hold counts a use until an instant, and forgets those that have ended.
func (u *Usage) hold(of UsePeriod, until, now calendar.Instant) {
	u.Held = slices.DeleteFunc(u.Held, func(h HeldUsage) bool { return h.Until <= now })
	u.Held = append(u.Held, HeldUsage{of, until})
}

// unhold ends a use that is held, if it has not ended by itself.
func (u *Usage) unhold(of UsePeriod, until calendar.Instant) {
	if i := slices.Index(u.Held, HeldUsage{of, until}); i >= 0 {
		u.Held = slices.Delete(u.Held, i, i+1)
	}
}

// soldOut reports whether nothing is left of a reward, or no code for it.
func (a *applier) soldOut(r *Reward) bool {
	if r.Scarce {
		stock, _ := decimal.FromInt(int64(r.Stock))
		if a.subjects.Usage(r.stockKey()).used(takenOfStock, a.now) >= stock {
			return true
		}
	}
	if r.Codes != PoolCodes {
		return false
	}
	u := a.subjects.Usage(r.codesKey())
	return u.used(codesHandedOut, a.now) >= sumUses(u.Periods, codesThereAre, 0, 0)
}

// CodesLeft is how many codes of a reward's pool nobody has or holds at an instant.
func (p *Processor) CodesLeft(r *Reward, at calendar.Instant) int {
	u := p.subjects.Usage(r.codesKey())
	return int((sumUses(u.Periods, codesThereAre, 0, 0) - u.used(codesHandedOut, at)) / decimal.One)
}

// takeOne counts one of a reward that is given.
func (a *applier) takeOne(r *Reward) {
	if r.Scarce {
		a.addShared(r.stockKey(), takenOfStock, 0, decimal.One)
	}
	if r.Codes == PoolCodes {
		a.addShared(r.codesKey(), codesHandedOut, 0, decimal.One)
		a.tellLow(r.ID, r.codesKey())
	}
}

// fewCodes are how many codes a pool has left when that is told.
var fewCodes = []decimal.Decimal{0, 10 * decimal.One, 100 * decimal.One}

// tellLow tells that a pool of codes runs low, with the gift or the claim that has taken the last one.
func (a *applier) tellLow(reward, pool string) {
	u := a.subjects.Usage(pool)
	if left := sumUses(u.Periods, codesThereAre, 0, 0) - sumUses(u.Periods, codesHandedOut, 0, 0); slices.Contains(fewCodes, left) {
		a.raise(CodesLow, a.now, event.TextValue(reward), event.NumberValue(left))
	}
}

func (a *applier) addShared(key string, limit uint64, period calendar.Key, amount decimal.Decimal) {
	u := a.subjects.Usage(key)
	u.Periods = addUse(u.Periods, limit, period, amount)
	a.subjects.touchUse(u, a.seq)
}

// subUse takes a use out of a list, where it is still known.
func subUse(list []UsePeriod, limit uint64, key calendar.Key, amount decimal.Decimal) []UsePeriod {
	i := slices.IndexFunc(list, func(u UsePeriod) bool { return u.Limit == limit && u.Key == key })
	if i < 0 {
		return list
	}
	if list[i].Used -= amount; list[i].Used <= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// giveBackOne counts one of a reward less: what was given has been taken back. Its code has been seen and stays used.
func (a *applier) giveBackOne(r *Reward) {
	if r != nil && r.Scarce {
		u := a.subjects.Usage(r.stockKey())
		u.Periods = subUse(u.Periods, takenOfStock, 0, decimal.One)
		a.subjects.touchUse(u, a.seq)
	}
}

// claimLimit is the first limit of a reward that a claim of these amounts would exceed, nil when all hold.
func (a *applier) claimLimit(r *Reward, costs []Cost) *Limit {
	for _, l := range r.Limits {
		list, shared := a.uses(l, a.m)
		if shared != nil { // with what open claims use
			with := slices.Clone(a.mergedUses(l, a.m, *list))
			for _, key := range a.useKeys(l, a.m) {
				for _, h := range a.subjects.Usage(key).Held {
					if h.Until > a.now {
						with = append(with, h.UsePeriod)
					}
				}
			}
			list = &with
		}
		if a.usedOf(l, *list)+l.share(costs) > l.N {
			return l
		}
	}
	return nil
}

// share is what a claim uses of a limit: one time, or what it costs in the limit's points.
func (l *Limit) share(costs []Cost) (sum decimal.Decimal) {
	if l.Points == nil {
		return decimal.One
	}
	for _, c := range costs {
		if c.Points == l.Points {
			sum += c.Amount
		}
	}
	return sum
}

// reserve counts a claim in the limits, the stock and the codes of its reward until its hold is over.
func (a *applier) reserve(c *Claim, r *Reward, costs []Cost) {
	for _, l := range r.Limits {
		use := ClaimUse{Limit: l.id, Key: a.period(l), Amount: l.share(costs)}
		if use.Amount == 0 {
			continue
		}
		if l.Points != nil {
			use.Points = l.Points.ID
		}
		if l.shared() {
			use.Shared = a.useKey(l, a.m)
		} else {
			a.m.Uses = addUse(a.forgetUses(l, a.m.Uses), use.Limit, use.Key, use.Amount)
		}
		c.Uses = append(c.Uses, use)
	}
	if r.Scarce {
		c.Uses = append(c.Uses, ClaimUse{Limit: takenOfStock, Shared: r.stockKey(), Amount: decimal.One})
	}
	if r.Codes == PoolCodes {
		c.Uses = append(c.Uses, ClaimUse{Limit: codesHandedOut, Shared: r.codesKey(), Amount: decimal.One})
	}
	for _, use := range c.Uses {
		if use.Shared != "" {
			u := a.subjects.Usage(use.Shared)
			u.hold(use.period(), c.Until, a.now)
			a.subjects.touchUse(u, a.seq)
		}
	}
}

func (u *ClaimUse) period() UsePeriod { return UsePeriod{Limit: u.Limit, Key: u.Key, Used: u.Amount} }

// useUp makes the uses of a confirmed claim lasting; a limit in points counts what was spent.
func (a *applier) useUp(c *Claim) {
	for i := range c.Uses {
		u := &c.Uses[i]
		held := *u
		if u.Points != "" {
			u.Amount = c.holding(u.Points)
		}
		if u.Shared == "" {
			a.m.Uses = subUse(a.m.Uses, u.Limit, u.Key, held.Amount-u.Amount)
			continue
		}
		shared := a.subjects.Usage(u.Shared)
		shared.unhold(held.period(), c.Until)
		shared.Periods = addUse(shared.Periods, u.Limit, u.Key, u.Amount)
		a.subjects.touchUse(shared, a.seq)
		if u.Shared == codesOf(rewardSource(c.Reward).String()) {
			a.tellLow(c.Reward, u.Shared)
		}
	}
}

// giveUpUses ends the uses of a claim that was not confirmed.
func (a *applier) giveUpUses(c *Claim) {
	for i := range c.Uses {
		u := &c.Uses[i]
		if u.Shared == "" {
			a.m.Uses = subUse(a.m.Uses, u.Limit, u.Key, u.Amount)
			continue
		}
		shared := a.subjects.Usage(u.Shared)
		shared.unhold(u.period(), c.Until)
		a.subjects.touchUse(shared, a.seq)
	}
	c.Uses = nil
}

// returnUses gives back what a claim had used, now that all of it was returned. A code has been seen and stays used.
func (a *applier) returnUses(c *Claim) {
	for i := range c.Uses {
		u := &c.Uses[i]
		switch {
		case u.Shared == "":
			a.m.Uses = subUse(a.m.Uses, u.Limit, u.Key, u.Amount)
		case u.Shared != codesOf(rewardSource(c.Reward).String()):
			shared := a.subjects.Usage(u.Shared)
			shared.Periods = subUse(shared.Periods, u.Limit, u.Key, u.Amount)
			a.subjects.touchUse(shared, a.seq)
		}
	}
	c.Uses = nil
}

// codeLetters are those of generated codes: none of them is taken for another.
var codeLetters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeBytes is how long a generated code is: 16 letters.
const codeBytes = 10

// code is the code of one of a reward; "" where the reward has none.
func (a *applier) code(r *Reward, seed, claim string, source Source) string {
	if r.Codes == NoCodes {
		return ""
	}
	return a.decides.code(a, r, seed, claim, source)
}

// nextCode is a code made of a seed, or the next of the pool.
func (a *applier) nextCode(r *Reward, seed string) string {
	if r.Codes == PoolCodes {
		u := a.subjects.Usage(r.codesKey())
		return a.subjects.code(codeRow(r.ID, sumUses(u.Periods, codesHandedOut, 0, 0)))
	}
	mac := hmac.New(sha256.New, a.codeKey)
	mac.Write([]byte(a.current.Program + "\x00" + r.ID + "\x00" + seed))
	code := codeLetters.EncodeToString(mac.Sum(nil)[:codeBytes])
	return code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
}

func isReward(e *Effect, reward string, source Source, claim string) bool {
	return e.Kind == RewardEffect && !e.Revoked && e.ID == reward && e.Source == source && e.Claim == claim
}

func countRewards(effects []Effect, reward string, source Source, claim string) (n int) {
	for i := range effects {
		if isReward(&effects[i], reward, source, claim) {
			n++
		}
	}
	return n
}

// countGifts is how many rewards were given.
func countGifts(effects []Effect) (n int) {
	for i := range effects {
		if e := &effects[i]; e.Kind == RewardEffect && !e.Revoked && e.Claim == "" {
			n++
		}
	}
	return n
}

func nthReward(effects []Effect, reward string, source Source, claim string, n int) *Effect {
	for i := range effects {
		if isReward(&effects[i], reward, source, claim) {
			if n == 0 {
				return &effects[i]
			}
			n--
		}
	}
	return nil
}

// addCodes fills a reward's pool, behind what is there.
func (a *applier) addCodes(e *event.Event) {
	data, r := readCodes(a.current, e)
	if r == nil {
		return
	}
	u := a.subjects.Usage(r.codesKey())
	n := sumUses(u.Periods, codesThereAre, 0, 0)
	for _, code := range data.Codes {
		a.subjects.keepCode(codeRow(r.ID, n), code, a.seq)
		a.subjects.keepCode(knownCode(r.ID, code), code, a.seq)
		n += decimal.One
	}
	added, _ := decimal.FromInt(int64(len(data.Codes)))
	a.addShared(r.codesKey(), codesThereAre, 0, added)
}
