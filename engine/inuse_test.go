package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func TestNamesInUse(t *testing.T) {
	w := program(t, `
member: {country?: text, address?: {city?: text, zip?: text}}
events:
  buy: {order: text, store?: text, items?: [{sku: text, qty?: integer}]}
  call: {}
points: {stars: {}, gems: {}}
rules: {r: {when: buy, give: {stars: 1}, limit: 1 per day}}
`)
	w.send("ann", "buy", "order", "o1")
	w.put("ann", engine.Profile{Fields: profileFields(`{"address": {"city": "Rome"}, "country": null}`)})
	w.commit(false)
	used, err := engine.NamesInUse(w.store)
	require.NoError(t, err)
	require.Equal(t, map[string]map[string]bool{"buy": {"order": true}}, used.Events)
	require.Equal(t, map[string]bool{"address": true, "address.city": true}, used.Member)
	require.Equal(t, map[string]bool{"stars": true}, used.Points)

	e := w.event("ann", "buy")
	e.Data = []byte(`{"order":"o2","store":null,"items":[{"sku":"a","qty":1}]}`)
	w.accept(e)
	w.commit(false)
	used, err = engine.NamesInUse(w.store)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"order": true, "items": true, "items.sku": true, "items.qty": true}, used.Events["buy"])
}

func profileFields(object string) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		panic(err)
	}
	return fields
}
