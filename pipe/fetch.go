// SPDX-License-Identifier: MPL-2.0

// Previous: fq.go (a pipe has been read empty). Next: engine/fetch.go.

package pipe

import "github.com/zeroloop/zmq/pipe/ypipe"

// Fetcher is a Sink whose writer may be the goroutine that reads the other end: see
// SetFetching.
type Fetcher interface {
	// Fetch brings more into p, the writer's end, if there is more. Called by the
	// reader of the other end, with its owner's locks held: it takes leaf locks only.
	// Where it returns false nothing was brought.
	Fetch(p *Pipe) bool
}

// SetFetching says that the writer does not come by itself any more: from now on
// the reader asks its Fetcher when it has read everything. It returns false, and
// nothing has changed, where the reader may be asleep, so that nobody would ask.
// Runs on the writer.
//
// The store to fetch and the look at the reader's mark pair with the setting of the
// mark and the load of fetch behind it in more: one of the two sees the other.
func (p *Pipe) SetFetching(on bool) bool {
	h := p.out
	if h.special {
		return !on
	}
	h.fetch.Store(on)
	if on && !h.q.W.ReaderAwake() {
		h.fetch.Store(false)
		return false
	}
	return true
}

// Fetching reports whether that is so. Any goroutine.
func (p *Pipe) Fetching() bool { return p.out.fetch.Load() }

// more reports whether there is more to read, and makes the reader sleep where
// there is not.
func (p *Pipe) more(r *ypipe.Reader) bool {
	if p.fetched() && r.Ready() {
		return true
	}
	if !r.Sleep() {
		return r.Ready()
	}
	return p.fetched() && r.Ready()
}

// fetched reports whether the reader has brought something in by itself.
func (p *Pipe) fetched() bool {
	return p.in.fetch.Load() && p.peer.sink.(Fetcher).Fetch(p.peer)
}
