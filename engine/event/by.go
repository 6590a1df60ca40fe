package event

// By is who caused an event, where that matters: a call of an administrator, or a partner who sends events of its own. An event
// of the brand's own systems has none.
type By struct {
	Action  string `json:"action,omitempty"` // what the call does, such as points.adjust; "" for an event that was sent
	Key     string `json:"key,omitempty"`    // the id of the key that was used
	Name    string `json:"name,omitempty"`   // and its name then
	Actor   string `json:"actor,omitempty"`  // the person for whom it was, as the caller says
	Request string `json:"request_id,omitempty"`
	Partner string `json:"partner,omitempty"` // whose event it is, where the key is a partner's
	// Salt is what the audit log hashes with what the call was about. It goes when the record is redacted: then nobody can tell by the hash
	// what that was.
	Salt string `json:"-"`
}

// Redacted is what is left of it when the member is erased.
func (b *By) Redacted() *By {
	if b == nil || b.Salt == "" {
		return b
	}
	left := *b
	left.Salt = ""
	return &left
}
