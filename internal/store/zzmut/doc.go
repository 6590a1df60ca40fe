// Package pebblestore keeps the facts of all programs of one process on its own disk.
package pebblestore
