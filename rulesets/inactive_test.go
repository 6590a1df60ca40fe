package rulesets_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

// What only inactive definitions give, and what asks for it, cannot fire either; what something active gives as well can.
func TestWhatNothingActiveGives(t *testing.T) {
	p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(`
program: cafe
events: {visit: {}}
points: {stars: {}}
promotions: {rain: {on_call: true, open_for: 1 hour}}
rules:
  stars: {when: visit, give: {stars: 1}, limit: 1 per day}
  dry: {when: visit, give: {badge: guest}, limit: 1 ever}
  rainy: {when: visit, during: rain, give: {badge: sailor, reward: umbrella}, limit: 1 ever}
  also_rainy: {when: visit, during: rain, give: {badge: guest}, limit: 1 ever}
  for_sailors: {when: visit, for: 'member.has_badge.sailor and member.name != ""', give: {stars: 5}, limit: 1 ever}
  for_some: {when: visit, for: 'member.has_badge.sailor or member.name != ""', give: {stars: 5}, limit: 1 ever}
boosts:
  sailors: {of: stars, only: [stars], for: member.has_badge.sailor, times: 2}
badges: {guest: {}, sailor: {}}
rewards: {umbrella: {}}
`))
	require.Empty(t, diagnostics.Error())
	why := map[string]string{}
	for _, i := range p.Inactive {
		why[i.Definition] = i.Why
	}
	for definition, want := range map[string]string{
		"badges/sailor": "nothing active gives it, only rules/rainy", "rewards/umbrella": "nothing active gives it, only rules/rainy",
		"rules/for_sailors": "badge sailor cannot be earned yet", "boosts/sailors": "badge sailor cannot be earned yet",
	} {
		require.Equal(t, want, why[definition], definition)
	}
	for _, definition := range []string{"badges/guest", "rules/dry", "rules/stars", "rules/for_some"} {
		require.NotContains(t, why, definition)
	}
}

func TestFilesAreNamedByThePathToThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cafe")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	file := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(file, []byte("program: cafe\nevents: {visit: {}}\nrules: {a: {when: visit}}\n"), 0o600))
	for _, path := range []string{dir, file} {
		_, diagnostics := rulesets.LoadPath(path)
		require.Contains(t, diagnostics.Error(), file+":3:9: error: ")
	}
	_, diagnostics := rulesets.LoadPath(filepath.Join(dir, "nothing.yaml"))
	require.Contains(t, diagnostics.Error(), filepath.Join(dir, "nothing.yaml")+":1:1: error: cannot be read")
	_, diagnostics = rulesets.LoadPath(t.TempDir())
	require.Contains(t, diagnostics.Error(), "there is no .yaml file in it")
}
