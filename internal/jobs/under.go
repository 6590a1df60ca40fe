package jobs

import "sync"

// underWay is what is being done for a program. After its end nothing begins.
type underWay struct {
	mu    sync.Mutex
	ended bool
	wait  sync.WaitGroup
}

// do does something, unless the end has come. It reports whether it did.
func (u *underWay) do(something func()) bool {
	u.mu.Lock()
	if u.ended {
		u.mu.Unlock()
		return false
	}
	u.wait.Add(1)
	u.mu.Unlock()
	defer u.wait.Done()
	something()
	return true
}

// end lets nothing begin any more, and returns when what has begun is over.
func (u *underWay) end() {
	u.mu.Lock()
	u.ended = true
	u.mu.Unlock()
	u.wait.Wait()
}
