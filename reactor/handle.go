// SPDX-License-Identifier: MPL-2.0

package reactor

import "github.com/zeroloop/zmq/poller"

// Handler receives the readiness of one descriptor, on the loop (libzmq
// i_poll_events).
type Handler interface {
	Event(r poller.Ready)
}

// Handle is a descriptor on a loop. The zero value is unregistered.
type Handle struct {
	token poller.Token
	fd    int
	on    bool // loop only
}

// Register puts fd on the loop, edge-triggered in both directions. The caller
// goes on owning fd and must Unregister before closing it.
func (l *Loop) Register(fd int, h Handler) (Handle, error) {
	tok := l.handlers.Insert(h)
	if err := l.poller.Add(fd, tok); err != nil {
		l.handlers.Remove(tok)
		return Handle{}, err
	}
	l.load.Add(1)
	return Handle{token: tok, fd: fd, on: true}, nil
}

// Watch makes r, of In and Out, what is reported on a handle from now on, besides
// the end of the stream and errors; what of that is ready is reported again. Any
// goroutine, one at a time, while the descriptor is open. A handle that has just
// been unregistered stays so: it has no handler any more.
func (l *Loop) Watch(h *Handle, r poller.Ready) error { return l.poller.Watch(h.fd, h.token, r) }

// Unregister takes a handle off the loop; events that were already collected
// for it are dropped, whatever its descriptor's number is used for next.
func (l *Loop) Unregister(h *Handle) {
	if !h.on {
		return
	}
	h.on = false
	l.handlers.Remove(h.token)
	// The descriptor may be gone with the peer; there is nothing to do then.
	_ = l.poller.Remove(h.fd)
	l.load.Add(-1)
}
