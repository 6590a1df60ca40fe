package laurel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/laurel-engine/laurel"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

const cafe = `
program: cafe
timezone: Europe/Berlin
currency: EUR
events:
  purchase: {order: text, amount: money}
points:
  stars: {expire: 12 months after earning}
rules:
  stars_per_euro:
    when: purchase
    give: {stars: event.amount * 2}
    limit: 1 ever by everyone and event.order
counters:
  spent_this_week: {when: purchase, add: event.amount, every: week}
leaderboards:
  spenders: {counter: spent_this_week, prizes: [{ranks: 1, give: {stars: 100}}]}
rewards:
  free_drink: {cost: {stars: 20}}
`

// opened is a program in a directory of its own, whose clock stands until it is moved: an example always answers the same.
func opened() (loyalty *laurel.Program, closed func()) {
	dir, err := os.MkdirTemp("", "laurel")
	if err != nil {
		panic(err)
	}
	loyalty, err = laurel.Open(filepath.Join(dir, "data"), laurel.Text(cafe), laurel.Options{SandboxAt: time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		panic(err)
	}
	return loyalty, func() {
		if err := errors.Join(loyalty.Close(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}
}

func Example() {
	loyalty, closed := opened()
	defer closed()
	ctx := context.Background()
	purchase := laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: map[string]any{"order": "o1", "amount": 12.50}}
	for range 2 { // the second time is a retry, and gives nothing more
		outcome, err := loyalty.Send(ctx, purchase)
		if err != nil {
			panic(err)
		}
		fmt.Println(outcome.ID, outcome.Effects[0].Amount, outcome.Effects[0].ID, outcome.Duplicate)
	}
	progress, err := loyalty.Progress(ctx, "ann")
	if err != nil {
		panic(err)
	}
	fmt.Println(progress.Points["stars"].Spendable)
	// Output:
	// o1 25 stars false
	// o1 25 stars true
	// 25
}

func ExampleProgram_Send_refused() {
	loyalty, closed := opened()
	defer closed()
	_, err := loyalty.Send(context.Background(), laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: map[string]any{"order": "o1", "amonut": 12.50}})
	var refusal *engine.Refusal
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code)
		for _, e := range refusal.Errors {
			fmt.Println(e.Location, e.Code, e.Suggestion)
		}
	}
	// Output:
	// does_not_fit
	// data.amonut unknown_field did you mean amount?
	// data.amount missing_field
}

// A claim holds what a reward costs until the drink is handed over.
func ExampleProgram_Do() {
	loyalty, closed := opened()
	defer closed()
	ctx := context.Background()
	do := func(command *event.Event) {
		outcome, err := loyalty.Do(ctx, command)
		if err != nil {
			panic(err)
		}
		for _, e := range outcome.Effects {
			fmt.Println(strings.TrimSpace(e.Kind.String() + " " + e.ID + " " + e.State))
		}
	}
	do(engine.NewProfile("signup-ann", "ann", engine.Profile{}))
	do(engine.NewAdjustment("welcome-ann", "ann", engine.Adjustment{Points: "stars", Amount: 25_000_000, Reason: "welcome"}))
	do(engine.NewClaim("c1", "ann", "free_drink", 0))
	do(engine.NewConfirm("", "c1", 0))
	_, err := loyalty.Do(ctx, engine.NewClaim("c2", "ann", "free_drink", 0))
	fmt.Println(err)
	// Output:
	// points stars
	// reward free_drink open
	// points stars
	// reward free_drink confirmed
	// insufficient: the member has fewer points than the reward costs
}

// The season of a week closes, and pays, in a moment.
func ExampleProgram_Advance() {
	loyalty, closed := opened()
	defer closed()
	ctx := context.Background()
	for i, member := range []string{"ann", "bob", "ann"} {
		id := fmt.Sprintf("o%d", i)
		if _, err := loyalty.Send(ctx, laurel.Event{ID: id, Type: "purchase", Member: member, Data: map[string]any{"order": id, "amount": 10}}); err != nil {
			panic(err)
		}
	}
	if err := loyalty.Advance(ctx, loyalty.Now().AddDate(0, 0, 14)); err != nil {
		panic(err)
	}
	table, err := loyalty.Leaderboard(ctx, laurel.Ranking{Board: "spenders", Season: "2026-W49"}, 1, 10)
	if err != nil {
		panic(err)
	}
	fmt.Println("closed", table.Closed)
	for _, row := range table.Data {
		fmt.Println(row.Rank, row.Member, row.Score)
	}
	for entry, err := range loyalty.Ledger(ctx, "ann") {
		if err != nil {
			panic(err)
		}
		fmt.Println(entry.Kind, entry.Amount, entry.Source)
	}
	// Output:
	// closed true
	// 1 ann 20
	// 2 bob 10
	// issued 100 leaderboards/spenders
	// issued 20 rules/stars_per_euro
	// issued 20 rules/stars_per_euro
}

// Outcomes are written as the HTTP API answers.
func ExampleProgram_SendJSON() {
	loyalty, closed := opened()
	defer closed()
	outcome, err := loyalty.SendJSON(context.Background(), []byte(`{"id": "o1", "type": "purchase", "member": "ann", "data": {"order": "o1", "amount": 12.50}}`))
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(outcome)
	if err != nil {
		panic(err)
	}
	var answer struct {
		Effects []struct {
			Kind, Points, Rule string
			Amount             int
			Expires            string `json:"expires_at"`
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		panic(err)
	}
	fmt.Printf("%+v\n", answer.Effects[0])
	// Output: {Kind:points Points:stars Rule:stars_per_euro Amount:25 Expires:2027-12-02T23:00:00Z}
}

func ExampleProgram_Explain() {
	loyalty, closed := opened()
	defer closed()
	ctx := context.Background()
	for _, id := range []string{"o1", "o1-again"} {
		if _, err := loyalty.Send(ctx, laurel.Event{ID: id, Type: "purchase", Member: "ann", Data: map[string]any{"order": "o1", "amount": 12.50}}); err != nil {
			panic(err)
		}
	}
	why, err := loyalty.Explain(ctx, "o1-again")
	if err != nil {
		panic(err)
	}
	for _, step := range why.Steps {
		if !step.Fired {
			fmt.Println(step.Definition, step.Reason.Words())
		}
	}
	// Output: rules/stars_per_euro its limit was used up
}
