package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", name))
	require.NoError(t, err)
	return string(text)
}

// servedMetrics are the metrics that a server with programs, webhooks and jobs tells, each with the labels that some series of it has.
func servedMetrics(t *testing.T) map[string][]string {
	t.Helper()
	s := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	require.Equal(t, 200, s.do("GET", "/v1/leaderboards", "", nil))
	var text []byte
	require.Eventually(t, func() bool { // statistics follow
		resp, err := http.Get(s.health + "/metrics")
		require.NoError(t, err)
		text, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return strings.Contains(string(text), "laurel_accepted_events_total{")
	}, 20*time.Second, 50*time.Millisecond)
	all := map[string][]string{}
	label := regexp.MustCompile(`([a-z_]+)="`)
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), "{")
		name, _, _ = strings.Cut(name, " ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		all[name] = append(all[name], "") // that it is there
		for _, m := range label.FindAllStringSubmatch(rest, -1) {
			if !slices.Contains(all[name], m[1]) {
				all[name] = append(all[name], m[1])
			}
		}
	}
	return all
}

var (
	metricName = regexp.MustCompile(`\b(?:laurel|go|process)_[a-z0-9_]+\b`)
	grouping   = regexp.MustCompile(`by \(([a-z_, ]+)\)`)
	matched    = regexp.MustCompile(`([a-z_]+)=~?"`)
	shownLabel = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}`)
)

// known holds an expression, and the labels that are shown of it, against what is served.
func known(t *testing.T, metrics map[string][]string, expr, shown string) {
	t.Helper()
	require.Equal(t, strings.Count(expr, "("), strings.Count(expr, ")"), expr)
	names := metricName.FindAllString(expr, -1)
	if len(names) == 0 {
		require.Contains(t, expr, "up{", "an expression is about some metric")
		return
	}
	var labels []string
	for _, name := range names {
		assert.NotEmpty(t, metrics[name], "%s is not served: %s", name, expr)
		labels = append(labels, metrics[name]...)
	}
	asked := []string{}
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		asked = append(asked, strings.Split(strings.ReplaceAll(m[1], " ", ""), ",")...)
	}
	for _, m := range append(matched.FindAllStringSubmatch(expr, -1), shownLabel.FindAllStringSubmatch(shown, -1)...) {
		asked = append(asked, m[1])
	}
	for _, l := range asked {
		assert.Contains(t, labels, l, "no series of %v has the label %s: %s %s", names, l, expr, shown)
	}
}

// Alerts and the dashboard ask for what /metrics has; each alarm has an alert, and each alert a page of the guide.
func TestAlertsAndTheDashboardAskForWhatIsServed(t *testing.T) {
	metrics := servedMetrics(t)
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For string
				Labels           map[string]string
				Annotations      struct{ Summary, Page string }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "prometheus/alerts.yaml")), &rules))
	text := deployed(t, "prometheus/alerts.yaml")
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			known(t, metrics, r.Expr, r.Annotations.Summary)
			require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
			file, anchor, _ := strings.Cut(r.Annotations.Page, "#")
			page, err := os.ReadFile(filepath.Join("../..", file))
			require.NoError(t, err, r.Alert)
			found := anchor == ""
			for _, m := range heading.FindAllStringSubmatch(string(page), -1) {
				found = found || strings.ReplaceAll(strings.ToLower(m[1]), " ", "-") == anchor
			}
			require.True(t, found, "%s names %s", r.Alert, r.Annotations.Page)
		}
	}
	well, _ := watched(t)
	for _, a := range well.alarms() {
		require.Contains(t, text, `laurel_alarm{alarm="`+a.name+`"} == 1`)
		require.Contains(t, text, "page: "+a.guide()+"}")
	}
	require.Equal(t, len(well.alarms()), strings.Count(text, "laurel_alarm{"))

	var board struct {
		UID    string
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(deployed(t, "grafana/dashboard.json")), &board))
	require.Greater(t, len(board.Panels), 10)
	for _, p := range board.Panels {
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			known(t, metrics, target.Expr, target.LegendFormat)
		}
	}
}

// What the files of deploy tell the server are settings that there are, and the files that they name exist.
func TestDeployedSettings(t *testing.T) {
	settings := serveSettings(&serveOptions{})
	variables := []string{}
	for _, one := range settings.All {
		variables = append(variables, one.Variable())
	}
	var compose struct {
		Services map[string]struct {
			Build       struct{ Context, Dockerfile string }
			Image       string
			Environment map[string]string
			Volumes     []string
			DependsOn   []string `yaml:"depends_on"`
		}
		Volumes map[string]any
	}
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &compose))
	require.Len(t, compose.Services, 4)
	environment := map[string]string{}
	for name, value := range compose.Services["laurel"].Environment {
		require.Contains(t, variables, name)
		environment[name] = value
	}
	dockerfile := deployed(t, "Dockerfile")
	for _, m := range regexp.MustCompile(`(LAUREL_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(dockerfile, -1) {
		require.Contains(t, variables, m[1])
		environment[m[1]] = m[2]
	}
	require.NoError(t, settings.Read(func(name string) string { return environment[name] }))
	for id, s := range compose.Services {
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if !strings.HasPrefix(from, "./") {
				require.Contains(t, compose.Volumes, from, id)
			} else if from != "./rulesets" { // is the reader's own
				_, err := os.Stat(filepath.Join("../../deploy", from))
				require.NoError(t, err, id)
			}
		}
		for _, other := range s.DependsOn {
			require.Contains(t, compose.Services, other)
		}
	}
	require.Contains(t, dockerfile, "USER nonroot\n")
	require.Contains(t, dockerfile, "FROM golang:"+minor(t))

	file := serveSettings(&serveOptions{})
	file.File = "../../deploy/systemd/laurel.yaml"
	require.NoError(t, file.Read(func(string) string { return "" }))
	unit := deployed(t, "systemd/laurel.service")
	require.Contains(t, unit, "ExecStart=/usr/local/bin/laurel serve --config /etc/laurel/laurel.yaml ")
	require.Contains(t, unit, "ExecReload=/bin/kill -HUP $MAINPID\n")
	for line := range strings.Lines(unit) {
		line = strings.TrimSpace(line)
		require.Regexp(t, `^$|^#|^\[(Unit|Service|Install)\]$|^[A-Z][A-Za-z]+=`, line)
	}
	for _, name := range []string{"prometheus/prometheus.yml", "grafana/provisioning/datasources/prometheus.yaml", "grafana/provisioning/dashboards/laurel.yaml"} {
		var any map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(deployed(t, name)), &any))
	}
}

// minor is the version of Go that the module asks for, as images are named.
func minor(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	return regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(text))[1]
}
