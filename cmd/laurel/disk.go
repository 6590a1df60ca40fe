package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// parseSize reads a size of memory or disk: bytes, or with a unit such as 512MiB, 1GiB or 2GB.
func parseSize(text string) (uint64, error) {
	digits := strings.TrimRight(text, "BKMGTikb ")
	units := map[string]uint64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	unit, known := units[strings.TrimSpace(text[len(digits):])]
	n, err := strconv.ParseUint(digits, 10, 64)
	if err == nil && known && n == 0 {
		return 0, fmt.Errorf("%q leaves no room to go on with: a store on a full disk cannot be written, nor mended; write one such as 512MiB", text)
	}
	if err != nil || !known || n > 1<<63/unit {
		return 0, fmt.Errorf("%q is no size: write one such as 512MiB or 2GB", text)
	}
	return n * unit, nil
}

// diskMetrics tell how much room there is, and of records that cannot be read.
type diskMetrics struct{ db *pebblestore.DB }

var (
	diskFree    = prometheus.NewDesc("laurel_disk_free_bytes", "What the disk of the data directory still takes.", nil, nil)
	diskUsed    = prometheus.NewDesc("laurel_store_bytes", "What the data directory takes.", nil, nil)
	diskFull    = prometheus.NewDesc("laurel_storage_full", "1 while nothing is written for want of room.", nil, nil)
	diskDamaged = prometheus.NewDesc("laurel_journal_damaged_records", "Records of the journal that could not be read since the start.", []string{"program"}, nil)
)

// Describe implements prometheus.Collector.
func (diskMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{diskFree, diskUsed, diskFull, diskDamaged} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (d diskMetrics) Collect(ch chan<- prometheus.Metric) {
	m, err := d.db.Metrics()
	if err != nil {
		return // told by the store's own check
	}
	gauge := func(of *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, v, labels...)
	}
	gauge(diskFree, float64(m.FreeBytes))
	gauge(diskUsed, float64(m.DiskBytes))
	full := 0.0
	if d.db.Full() {
		full = 1
	}
	gauge(diskFull, full)
	for program, n := range m.Damaged {
		gauge(diskDamaged, float64(n), program)
	}
}
