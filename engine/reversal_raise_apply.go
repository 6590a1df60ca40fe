package engine

import "slices"

// apply notes a raise and carries it out.
func (j *recomputation) apply(r Raise) {
	j.rev.Raises = append(j.rev.Raises, r)
	j.a.carryOut(j.rev, &j.rev.Raises[len(j.rev.Raises)-1])
}

// carryOut carries out a raise, as of the time of the event that is amended.
func (a *applier) carryOut(rev *Revision, r *Raise) {
	defer a.asAmended(rev, rev.Amended.At)()
	switch r.Kind {
	case PointsEffect:
		a.raisePoints(rev.Seq, r)
	case BadgeEffect, RewardEffect, TierEffect:
		if r.Kind == RewardEffect && (a.usedSince(rev.Seq, r.ID, r.Source) || a.lapsedBy(r.ID)) {
			return
		}
		g := Grant{Level: r.Level, Reward: a.current.Reward(r.ID), Tier: a.current.tier(r.ID),
			Badge: find(a.current.Badges, r.ID, func(b *Badge) string { return b.ID })}
		switch r.Kind {
		case BadgeEffect:
			g.Reward, g.Tier = nil, nil
		case RewardEffect:
			g.Badge, g.Tier = nil, nil
		default:
			g.Badge, g.Reward = nil, nil
		}
		a.award(&g, r.Source, "", a.event)
	}
}

func (a *applier) raisePoints(seq uint64, r *Raise) {
	p := a.pointsNamed(r.ID)
	acc := a.m.needAccount(r.ID)
	switch {
	case r.Take:
		a.forfeit(p, r.Amount, r.Source)
		return
	case r.Lifted && r.Lapsed:
		acc.forgive(seq, -r.Amount)
	case r.Lifted:
		if m := acc.missing(seq); m != nil {
			m.Let = max(0, m.Let-r.Amount)
			acc.Missing = slices.DeleteFunc(acc.Missing, Missing.nothing)
		}
	default:
		a.openRaised(acc, seq, r)
	}
	if r.Lifted {
		a.out.note("no_longer_forgiven", r.Source.String(), r.Amount.String()+" "+r.ID+" that an earlier reversal forgave are the event's again")
	}
	if a.current.PointsType(r.ID) != nil {
		a.foldEarned(p, r.Amount, r.Source)
	}
}

// openRaised opens the lot of a raise, from which what is missing of the event and debt are paid first.
func (a *applier) openRaised(acc *Account, seq uint64, r *Raise) {
	lot := Lot{Seq: seq, Source: r.Source, Granted: r.Granted, Amount: r.Amount, Remaining: r.Amount, Available: r.Available, Expires: r.Expires}
	for _, rule := range r.Idle {
		lot.Idle |= 1 << acc.idleRule(rule)
	}
	acc.Issued += r.Amount
	time := a.settlement(acc)
	e := Entry{Kind: EntryIssued, Amount: r.Amount, At: a.now, Lot: seq, Source: r.Source, Available: r.Available, Expires: acc.expiry(time.cal, &lot, time.idle)}
	opened := acc.lots.insert(lot)
	time.entry(e)
	if r.Available <= a.now {
		time.settleMissing(opened, r.Amount, &e)
		acc.payDebt(opened)
		time.makeGood()
		a.tellAllExpired(time)
	}
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: r.ID, Source: r.Source, Amount: r.Amount, Wanted: r.Amount, Boosts: r.Boosts,
		Available: r.Available, Expires: e.Expires})
}

// pointsNamed is the definition of points; those that the ruleset no longer has are spent in the usual order.
func (a *applier) pointsNamed(id string) *Points { return a.pointsOf(&Account{Points: id}) }

func (w *writer) raise(r *Raise) {
	w.uint(uint64(r.Kind))
	w.text(r.ID)
	w.text(r.Level)
	w.source(&r.Source)
	w.num(r.Amount)
	w.flag(r.Take)
	w.flag(r.Lifted)
	w.flag(r.Lapsed)
	w.len(len(r.Boosts))
	for _, b := range r.Boosts {
		w.boosted(b)
	}
	w.at(r.Granted)
	w.at(r.Available)
	w.at(r.Expires)
	w.idleRules(&r.Idle)
}

func (r *reader) raise(x *Raise) {
	*x = Raise{Kind: small[EffectKind](r), ID: r.text(), Level: r.text(), Source: r.source(), Amount: r.num(),
		Take: r.flag(), Lifted: r.flag(), Lapsed: r.flag()}
	x.Boosts = list(r, r.boosted)
	x.Granted, x.Available, x.Expires = r.at(), r.at(), r.at()
	r.idleRules(&x.Idle)
}

func (w *writer) line(l *Line) {
	w.source(&l.Source)
	w.text(l.ID)
	w.flag(l.Take)
	w.text(l.Member)
	w.num(l.Wanted)
	w.num(l.Most)
	w.len(len(l.Boosts))
	for _, b := range l.Boosts {
		w.boosted(b)
	}
}

func (r *reader) line(l *Line) {
	*l = Line{Source: r.source(), ID: r.text(), Take: r.flag(), Member: r.text(), Wanted: r.num(), Most: r.num()}
	l.Boosts = list(r, r.boosted)
}
