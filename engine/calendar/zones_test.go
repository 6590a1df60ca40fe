package calendar

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// contents are compiled zones of the embedded data under other names: a release in which they differ.
func contents(t *testing.T, as map[string]string) *Zones {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range ZoneNames() {
		all[name] = Embedded().Content(name)
	}
	for name, of := range as {
		if all[name] = Embedded().Content("UTC"); of == "" {
			delete(all, name)
		} else {
			all[name] = Embedded().Content(of)
		}
	}
	archive, err := PackZones("2099a", all)
	require.NoError(t, err)
	z, err := ReadZones(archive)
	require.NoError(t, err)
	return z
}

// TestZonesTakeOver holds that a zone is as the data before told until an instant and as the new data tells from then on, and
// that its days still follow one another, each begun once.
func TestZonesTakeOver(t *testing.T) {
	r := random(t)
	names := ZoneNames()
	for range 300 {
		before, after := zone(t, names[r.IntN(len(names))]), zone(t, names[r.IntN(len(names))])
		change := at(t, "2026-01-01T00:00:00Z") + Instant(r.Int64N(int64(400*day)))
		z := splice(before, after, change)
		for range 200 {
			i := change + Instant(r.Int64N(int64(200*day))) - 100*day
			if i < change {
				require.Equal(t, before.wall(i), z.wall(i))
				require.Equal(t, before.Clock(i), z.Clock(i))
				continue
			}
			require.Equal(t, after.Clock(i), z.Clock(i))
			require.GreaterOrEqual(t, z.wall(i), after.wall(i)-wall(day))
		}
		for d := z.Date(change) - 3; d < z.Date(change)+5; d++ {
			start, next := z.Start(d), z.Start(d+1)
			require.LessOrEqual(t, start, next)
			if start < next {
				require.Equal(t, d, z.Date(start))
				require.Equal(t, d, z.Date(next-1))
			}
		}
	}
	require.Same(t, zone(t, "Europe/Berlin"), splice(zone(t, "Europe/Berlin"), zone(t, "Europe/Paris"), at(t, "2000-01-01T00:00:00Z")),
		"they have not differed since")
}

func TestReleasesFollowOneAnother(t *testing.T) {
	first, second := at(t, "2026-05-01T00:00:00Z"), at(t, "2026-06-01T00:00:00Z")
	tokyo := contents(t, map[string]string{"Europe/Berlin": "Asia/Tokyo", "Asia/Amman": ""})
	z := Embedded().After(tokyo.After(nil, first), second)
	berlin, err := z.Load("Europe/Berlin")
	require.NoError(t, err)
	hours := func(text string) int { return int(berlin.shown(at(t, text))-wall(at(t, text))) / int(hour) }
	require.Equal(t, []int{2, 9, 2}, []int{hours("2026-04-30T23:59:59Z"), hours("2026-05-01T00:00:00Z"), hours("2026-06-01T00:00:00Z")})
	paris, err := z.Load("Europe/Paris")
	require.NoError(t, err)
	require.Same(t, zone(t, "Europe/Paris"), paris, "what does not differ is the same")
	amman, err := tokyo.After(nil, first).Load("Asia/Amman")
	require.NoError(t, err)
	require.Same(t, zone(t, "Asia/Amman"), amman, "a zone that is gone goes on")
	_, err = tokyo.Load("Asia/Amman")
	require.ErrorContains(t, err, "unknown time zone")
	require.Equal(t, z.Hash(), Embedded().Hash())
	require.Equal(t, tokyo.Hash(), tokyo.After(nil, first).Hash())

	require.Equal(t, []ZoneChange{{"Asia/Amman", first, true}, {"Europe/Berlin", first, false}}, tokyo.Changes(nil, first))
	require.Equal(t, "Europe/Berlin from 2026-05-01T00:00:00Z", tokyo.Changes(nil, first)[1].String())
	summer := contents(t, map[string]string{"Europe/Berlin": "Africa/Algiers"}) // an hour ahead, all year
	require.Equal(t, []ZoneChange{{"Europe/Berlin", at(t, "2026-03-29T01:00:00Z"), false}}, summer.Changes(nil, at(t, "2026-01-01T00:00:00Z")))
	require.Empty(t, contents(t, map[string]string{"Europe/Berlin": "Europe/Paris"}).Changes(nil, first), "what differs lies before")
}

func TestArchivesOfZones(t *testing.T) {
	z := contents(t, nil)
	require.Equal(t, "2099a", z.Release())
	require.Equal(t, Embedded().Hash(), z.Hash(), "it is the same data, however it is packed")
	again, err := ReadZones(z.Archive())
	require.NoError(t, err)
	require.Equal(t, z.Names(), again.Names())
	unnamed, err := PackZones("", map[string][]byte{"UTC": Embedded().Content("UTC")})
	require.NoError(t, err)
	least, err := ReadZones(unnamed)
	require.NoError(t, err)
	require.Equal(t, least.Hash()[:16], least.Release())

	for why, archive := range map[string][]byte{
		"valid zip":                        []byte("TZif"),
		"holds no compiled time zones":     packed(t, nil),
		"time zone Europe/Berlin cannot":   packed(t, map[string]string{"Europe/Berlin": "TZif2 and no more"}),
		"time zone iso3166.tab cannot be":  packed(t, map[string]string{"iso3166.tab": "text"}),
		"time zone ../../etc/shadow canno": packed(t, map[string]string{"../../etc/shadow": "x"}),
	} {
		_, err := ReadZones(archive)
		require.ErrorContains(t, err, why)
	}
	require.True(t, IsZone("Europe/Berlin", Embedded().Content("Europe/Berlin")))
	for name, content := range map[string]string{"right/Europe/Berlin": "TZif2", "posix/UTC": "TZif2", "localtime": "TZif2", "zone.tab": "# tab", "x": "TZ"} {
		require.False(t, IsZone(name, []byte(content)), name)
	}
}

func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}
