package oracle

// Fire opens the promotion from now on, or lets it be open for longer.
func (w *World) Fire(now Instant) {
	until := w.clock(w.Program.Zone).later(now, w.Program.OpenFor)
	if n := len(w.calls); n > 0 && now < w.calls[n-1][1] {
		w.calls[n-1][1] = max(w.calls[n-1][1], until)
		w.reach("called again")
		return
	}
	w.calls = append(w.calls, [2]Instant{now, until})
}

// Close closes the promotion.
func (w *World) Close(now Instant) {
	if n := len(w.calls); n > 0 && now < w.calls[n-1][1] {
		w.calls[n-1][1] = now
		w.reach("closed by a call")
	}
}

// open reports whether the promotion is open at an instant.
func (w *World) open(at Instant) bool {
	for _, c := range w.calls {
		if c[0] <= at && at < c[1] {
			w.reach("open by a call")
			return true
		}
	}
	return false
}

// matches reports whether a rule looks at something that happened.
func (r *Rule) matches(h *happened) bool {
	return r.When == h.Type && h.Amount >= r.Min && (!r.Called || h.called)
}
