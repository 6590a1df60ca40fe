package client_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/stats"
)

// What the server writes into its answers has a field of the same name in the client's types.
func TestEveryFieldOfAnAnswerIsThere(t *testing.T) {
	for _, pair := range [][2]any{
		{engine.Progress{}, client.Progress{}}, {engine.LedgerEntry{}, client.LedgerEntry{}}, {engine.CodeFound{}, client.Holding{}},
		{engine.Table{}, client.Table{}}, {engine.Standing{}, client.Standing{}}, {program.Profile{}, client.Profile{}},
		{engine.Card{}, client.Card{}}, {engine.Summary{}, client.CardFound{}}, {engine.Summary{}, client.MemberSummary{}},
		{engine.BadgeMissing{}, client.BadgeMissing{}},
		{stats.Overview{}, client.Overview{}}, {stats.PointsReport{}, client.RollForward{}}, {stats.Liability{}, client.Liability{}},
		{stats.Retention{}, client.Retention{}}, {stats.ChallengeReport{}, client.ChallengeNumbers{}}, {stats.StreakReport{}, client.StreakNumbers{}},
		{stats.TierReport{}, client.TierNumbers{}}, {stats.PromotionReport{}, client.PromotionNumbers{}},
		{stats.DefinitionReport{}, client.DefinitionNumbers{}},
	} {
		compare(t, reflect.TypeOf(pair[0]), reflect.TypeOf(pair[1]))
	}
}

func compare(t *testing.T, server, own reflect.Type) {
	have := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(own) {
		have[name(f)] = f.Type
	}
	for _, f := range reflect.VisibleFields(server) {
		n := name(f)
		if n == "" {
			continue
		}
		require.Contains(t, have, n, "%s has %s", server, n)
		a, b := element(f.Type), element(have[n])
		if a.Kind() == reflect.Struct && b.Kind() == reflect.Struct && (strings.HasSuffix(a.PkgPath(), "engine") || strings.HasSuffix(a.PkgPath(), "stats")) {
			compare(t, a, b)
		}
	}
}

func name(f reflect.StructField) string {
	n, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return strings.TrimPrefix(n, "-")
}

func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// An effect may have every name that the writer of answers writes.
func TestEveryFieldOfAnEffectIsThere(t *testing.T) {
	source, err := os.ReadFile("../engine/answer.go")
	require.NoError(t, err)
	_, writer, found := strings.Cut(string(source), "func appendEffect(")
	require.True(t, found)
	have := ""
	for _, f := range append(reflect.VisibleFields(reflect.TypeFor[client.Effect]()), reflect.VisibleFields(reflect.TypeFor[client.Took]())...) {
		have += "," + name(f)
	}
	n := 0
	for _, call := range strings.Split(writer, "w.")[1:] {
		if method, rest, ok := strings.Cut(call, `("`); ok && !strings.ContainsAny(method, " \n(") {
			written, _, _ := strings.Cut(rest, `"`)
			require.Contains(t, have+",", ","+written+",")
			n++
		}
	}
	require.Greater(t, n, 30)
}

// The client is cheap to import: it is nothing but itself and the standard library.
func TestTheClientNeedsTheStandardLibraryOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, imported := range parsed.Imports {
			require.NotContains(t, imported.Path.Value, ".", file)
		}
	}
}

// What the API describes of the catalogue and of lists has a field of the same name in the client's types.
func TestEveryDescribedFieldIsThere(t *testing.T) {
	document, err := api.OpenAPI()
	require.NoError(t, err)
	var described struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(document, &described))
	for name, own := range map[string]any{"Reward": client.Reward{}, "Price": client.Price{}, "Availability": client.Availability{}, "Badge": client.Badge{},
		"Level": client.Level{}, "Tier": client.Tier{}, "Streak": client.Streak{}, "StreakPeriod": client.StreakPeriod{}, "Challenge": client.Challenge{},
		"Step": client.Step{}, "Goal": client.Goal{}, "Gift": client.Gift{}, "Promotion": client.Promotion{}, "RecordedEvent": client.Recorded{},
		"Moment": client.Moment{}, "Outcome": client.Outcome{}, "Note": client.Note{}, "Profile": client.Profile{},
		"StatsBoard": client.BoardNumbers{},
		"Decile":     client.Decile{}} {
		schema, known := described.Components.Schemas[name]
		require.True(t, known && len(schema.Properties) > 0, "%s is not described", name)
		have := map[string]bool{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(own)) {
			n, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			have[n] = true
		}
		for property := range schema.Properties {
			require.True(t, have[property], "%s has %s", name, property)
		}
	}
}
