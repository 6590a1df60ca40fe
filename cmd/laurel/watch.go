package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must be left alone before they are read again: editors write a file in several steps.
const settle = 100 * time.Millisecond

// watcher runs something again whenever rulesets or tests change.
type watcher struct {
	// dirs are the directories that a run would read files of.
	dirs func() []string
	// follow makes these directories, and no others, the source of changes.
	follow  func(dirs []string) error
	run     func()
	changes <-chan fsnotify.Event
	faults  <-chan error
	after   func(time.Duration) <-chan time.Time
}

// watch runs something now, and again after each change of a ruleset or test, until ctx ends. Directories are watched, not
// files: editors replace a file by another of its name.
func watch(ctx context.Context, dirs func() []string, run func()) error {
	files, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("files cannot be watched: %w", err)
	}
	defer files.Close()
	w := &watcher{dirs: dirs, run: run, changes: files.Events, faults: files.Errors, after: time.After}
	w.follow = func(dirs []string) error {
		for _, dir := range files.WatchList() {
			if !slices.Contains(dirs, dir) {
				_ = files.Remove(dir) // it may be gone already
			}
		}
		for _, dir := range dirs {
			if err := files.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // the run will say what is missing
				return fmt.Errorf("%s cannot be watched: %w", dir, err)
			}
		}
		return nil
	}
	return w.loop(ctx)
}

// loop follows directories before it lets files in them be read, so that no change falls between the two.
func (w *watcher) loop(ctx context.Context) error {
	for {
		if err := w.follow(w.dirs()); err != nil {
			return err
		}
		w.run()
		if err := w.burst(ctx); err != nil {
			return err
		}
	}
}

// burst waits for a change, and for those that follow it to end.
func (w *watcher) burst(ctx context.Context) error {
	var over <-chan time.Time // nil until something has changed
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.faults:
			return fmt.Errorf("files cannot be watched: %w", err)
		case change := <-w.changes:
			if concerns(change) {
				over = w.after(settle)
			}
		case <-over:
			return nil
		}
	}
}

// concerns reports whether a change can matter to rulesets and tests.
func concerns(change fsnotify.Event) bool {
	ext := filepath.Ext(change.Name)
	return (ext == ".yaml" || ext == ".yml") && change.Op != fsnotify.Chmod
}
