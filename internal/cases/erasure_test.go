package cases

// erasure translates members who are forgotten.
type erasure struct {
	*idempotency
}

func newErasure(c *semanticCase, world func() *world) family {
	return &erasure{newIdempotency(c, world).(*idempotency)}
}

func (f *erasure) step(w *world, s *step) {
	switch s.Action {
	case "erase":
		cannot("members cannot be erased yet")
	case "score":
		cannot("members cannot be erased yet")
	}
	f.idempotency.step(w, s)
}
