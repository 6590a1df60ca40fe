package api

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// maxAround is how many rows on each side of a member are shown at most.
const maxAround = 100

// board is a leaderboard as the catalogue shows it.
type board struct {
	Leaderboard string  `json:"leaderboard"`
	Title       string  `json:"title"`
	About       string  `json:"about,omitempty"`
	Image       string  `json:"image,omitempty"`
	Ranks       string  `json:"ranks"` // members or groups
	Every       string  `json:"every"`
	Order       string  `json:"order"`
	Ties        string  `json:"ties"`
	Split       bool    `json:"split"`
	Prizes      []prize `json:"prizes,omitempty"`
	engine.Season
}

// prize is what places of a leaderboard win when a season closes: from one to another, or so many per cent of all.
type prize struct {
	First   int64  `json:"first,omitempty"`
	Last    int64  `json:"last,omitempty"`
	Percent int64  `json:"percent,omitempty"`
	Give    []gift `json:"give"`
}

func prizesOf(b *engine.Leaderboard) (list []prize) {
	for i := range b.Prizes {
		p := b.Prizes[i].Places
		list = append(list, prize{First: p.First, Last: p.Last, Percent: p.Percent, Give: giftsOf(b.Prizes[i].Give)})
	}
	return list
}

func listLeaderboards(c call) error {
	rules := c.program.Rules()
	list := []board{}
	for _, b := range rules.Leaderboards {
		if b.Hidden {
			continue
		}
		ranks := "members"
		if b.RanksGroups() {
			ranks = "groups"
		}
		list = append(list, board{Leaderboard: b.ID, Title: b.Title, About: b.About, Image: b.Image, Ranks: ranks,
			Every: b.Counter.Every.String(), Order: b.Rules.Order.String(), Ties: b.Rules.Ties.String(), Split: b.Split, Prizes: prizesOf(b),
			Season: rules.SeasonOf(b, rules.Calendar.Key(b.Counter.Every, c.program.Present()))})
	}
	return listed(c, list)
}

// ranking is one ranking of a board, as a request names it.
type ranking struct {
	*program.Ranking
	call call
	etag string
}

// ranking reads which ranking a request is about.
func (c call) ranking() (*ranking, error) {
	if err := c.settled(); err != nil {
		return nil, err
	}
	id, err := c.id("board")
	if err != nil {
		return nil, err
	}
	at, given, err := c.instant("at")
	if err != nil {
		return nil, err
	}
	if given && at == 0 {
		at++ // 0 is the present; nobody tells the first microsecond of 1970 from the second
	}
	name := program.RankingName{Board: id, Season: c.query("season"), At: at}
	if c.http.Context().QueryArgs().Has("split") {
		split := c.query("split")
		name.Split = &split
	}
	found, err := c.program.Ranking(name)
	if err != nil {
		return nil, noRanking(err)
	}
	r := &ranking{Ranking: found, call: c}
	if err := r.told(); err != nil {
		return nil, err
	}
	hash, season := r.Rules.Hash[:min(12, len(r.Rules.Hash))], r.Season.Label
	if r.Rules.Names.Told() { // who changes their name changes no score
		season += "." + c.server.start + "." + strconv.FormatUint(c.program.Renamed(), 10)
	}
	if r.Closed {
		r.etag = `"` + r.Hash[:min(12, len(r.Hash))] + "." + hash + "." + season + ".closed\""
		return r, nil
	}
	version, err := r.Version(c.http.UserContext())
	if err != nil {
		return nil, r.durable(err)
	}
	if !r.Stale && r.At == 0 { // versions begin again with the process, and titles and rules change with the ruleset
		r.etag = `"` + c.server.start + "." + hash + "." + season + "." + strconv.FormatUint(version, 10) + `"`
	}
	return r, nil
}

// told refuses to answer ?min_seq= from a board that does not know of that event yet.
func (r *ranking) told() error {
	seq, err := r.call.number("min_seq", 0, 0, 1<<62)
	if err != nil || seq == 0 || r.Closed {
		return err
	}
	told, err := r.call.program.Told(integer.Exact[uint64](seq))
	if err == nil && !told {
		err = &problem{code: "not_yet", detail: "the leaderboard does not show this event yet", retry: 1}
	}
	return err
}

// noRanking is the problem of a ranking that there is not, by the part of the request that names it.
func noRanking(err error) error {
	var r *engine.Refusal
	if !errors.As(err, &r) {
		return err
	}
	p := refused(r)
	p.errors = slices.Clone(p.errors)
	for i := range p.errors {
		part := "query."
		if p.errors[i].Location == "board" {
			part = "path."
		}
		p.errors[i].Location = part + p.errors[i].Location
	}
	return p
}

// durable waits for what a page shows: ranks move before an event is durable, and it counts when it is.
func (r *ranking) durable(err error) error {
	if program.Unserved(err) {
		return &problem{code: "unavailable", detail: "the leaderboard cannot be read for a moment", retry: 1, because: err}
	}
	if err != nil {
		return err
	}
	return r.call.program.Settled()
}

func showLeaderboard(c call) error {
	r, err := c.ranking()
	if err != nil {
		return err
	}
	from, err := c.number("from_rank", 1, 1, 1<<62)
	if err != nil {
		return err
	}
	limit, err := c.number("limit", standardPage, 1, leaderboards.MaxPage)
	if err != nil {
		return err
	}
	if r.etag != "" && c.unchanged(r.etag) {
		return c.notModified(r.etag)
	}
	t, err := r.Page(c.http.UserContext(), from, int(limit))
	return r.show(t, err)
}

// show answers with what was read, once it is durable.
func (r *ranking) show(answer any, err error) error {
	if !r.Closed || r.Rules.Names.Told() {
		err = r.durable(err)
	}
	if err != nil {
		return noRanking(err)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	if r.Stale || r.etag == "" {
		r.etag = tagOf(b)
	}
	return r.call.showTagged(b, r.etag)
}

func showStanding(c call) error {
	r, err := c.ranking()
	if err != nil {
		return err
	}
	member, err := c.id("member")
	if err != nil {
		return err
	}
	if c.self != "" {
		if r.Board.RanksGroups() {
			return notFound("standing of a member: this leaderboard ranks groups")
		}
		if r.etag != "" {
			r.etag = tagOf([]byte(r.etag + c.self)) // the path is everybody's
		}
	}
	around, err := c.number("around", 0, 0, maxAround)
	if err != nil {
		return err
	}
	if c.self != "" && around > 0 && r.Rules.Names == engine.NamesNone {
		return refuse("not_for_members", "the ruleset's names says nothing that members may see of one another: leave around out")
	}
	if !r.Board.RanksGroups() && !c.program.Known(member) {
		return c.noMember(member)
	}
	if r.etag != "" && c.unchanged(r.etag) {
		return c.notModified(r.etag)
	}
	s, err := r.Standing(c.http.UserContext(), member, int(around))
	if c.self != "" && r.Rules.Names != engine.NamesID { // others are known to a device by what they are called, and never by their ids
		for i := range s.Around {
			if s.Around[i].Member != c.self {
				s.Around[i].Member = ""
			}
		}
	}
	return r.show(s, err)
}
